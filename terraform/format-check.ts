// `terraform fmt -check` where terraform is installed; says so where it is not.
import { spawnSync } from 'node:child_process';

const result = spawnSync('terraform', ['fmt', '-check', '-recursive', '-diff', import.meta.dirname], {
  stdio: 'inherit',
});
if (result.error) console.log('terraform is not installed: its formatting was not checked');
else process.exitCode = result.status ?? 1;
