// Stryker's runner for Mocha, shown where Mocha 12 keeps the files it looks for (stryker-mutator/stryker-js#6205). It goes
// when the runner finds them by itself.
import { registerHooks } from 'node:module';

const hooks = registerHooks({
  resolve: (specifier, context, next) =>
    next(/\/mocha\/lib\/cli\/[a-z-]+$/.test(specifier) ? `${specifier}.cjs` : specifier, context),
});
export const { strykerPlugins, strykerValidationSchema } = await import('@stryker-mutator/mocha-runner');
hooks.deregister();
