// The table of contents: importing it registers every function with the framework.
import './campaign-created/index.ts';
import './booking/index.ts';
import './budget-changed/index.ts';
import './campaign-status-changed/index.ts';
import './campaign/index.ts';
import './decision/index.ts';
import './delivery-reported/index.ts';
import './delivery-tick/index.ts';
import './openapi/index.ts';
import './outcome-drain/index.ts';
import './plan/index.ts';
import './quote/index.ts';
import './reconcile/index.ts';
import './report/index.ts';
import './supply-refresh/index.ts';
