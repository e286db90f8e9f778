import { choice, type Settings } from '@mandate/service-kit';

/** The variable of how far the type that a token is declared as binds. */
export const tokenTypeCheckConfig = {
  TOKEN_TYPE_CHECK: choice(['strict', 'ims'])
    .default('strict')
    .describe('`ims`: a token may be declared as another type than it is'),
};

export type TokenTypeCheckSettings = Settings<typeof tokenTypeCheckConfig>;
