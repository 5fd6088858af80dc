// Composition root.
import document from '../../shared/contracts/openapi.generated.json' with { type: 'json' };
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { createOpenApiHandler } from './handler.ts';

serve('openapi', () => createHttpFunction('openapi', createOpenApiHandler(document), openProcess()));
