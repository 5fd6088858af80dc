// Who speaks: the group of an ad server, from its token. Google-signed OIDC tokens in production; on emulators of this
// machine, where nobody signs, the token `group:NAME` names the group.
import type { Config } from './config.ts';
import { AndanteError } from './errors.ts';

/** The ad-server group behind an Authorization header. */
export type AuthenticateGroup = (authorization: string | undefined) => Promise<string>;

/**
 * @throws AndanteError UNAUTHENTICATED no token, or one that does not verify; FORBIDDEN a caller that is no ad server
 */
export function createGroupAuthenticator(config: Config): AuthenticateGroup {
  const verify = config.isLocal ? undefined : createVerifier(config);
  return async (authorization) => {
    const [, token] = /^Bearer ([A-Za-z0-9._:=-]{1,8192})$/.exec(authorization ?? '') ?? [];
    if (token === undefined)
      throw new AndanteError('UNAUTHENTICATED', 'expected an Authorization header: Bearer TOKEN');
    if (verify) return verify(token);
    const [, group] = /^group:([A-Za-z0-9][A-Za-z0-9._-]{0,31})$/.exec(token) ?? [];
    if (group === undefined) throw new AndanteError('UNAUTHENTICATED', 'on emulators the token is group:NAME');
    return group;
  };
}

function createVerifier({ reportAudience, adServerGroups }: Config): (token: string) => Promise<string> {
  if (reportAudience === undefined)
    throw new AndanteError(
      'INVALID_CONFIG',
      'configuration: REPORT_AUDIENCE is needed to check the tokens of ad servers',
    );
  // Loaded on first use: only the report door needs it, and only where tokens are real.
  const client = import('google-auth-library').then(({ OAuth2Client }) => new OAuth2Client());
  return async (token) => {
    const email = await verifiedEmail(await client, token, reportAudience);
    const group = adServerGroups.get(email);
    if (group === undefined)
      throw new AndanteError('FORBIDDEN', 'this caller is no ad server: add it to AD_SERVER_GROUPS');
    return group;
  };
}

async function verifiedEmail(
  client: {
    verifyIdToken(options: {
      idToken: string;
      audience: string;
    }): Promise<{ getPayload(): { email?: string; email_verified?: boolean } | undefined }>;
  },
  idToken: string,
  audience: string,
): Promise<string> {
  try {
    const payload = (await client.verifyIdToken({ idToken, audience })).getPayload();
    if (payload?.email !== undefined && payload.email_verified === true) return payload.email;
  } catch (error) {
    throw new AndanteError('UNAUTHENTICATED', 'the token does not verify', { cause: error });
  }
  throw new AndanteError('UNAUTHENTICATED', 'the token names no verified email');
}
