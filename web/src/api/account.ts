// Accounts and signing in: what only pages call that are loaded apart.

import { AuthService } from '../gen/usher/v1/auth_account_pb';
import { interceptors, nameless } from './client';
import { createClient } from './connect';

export const account = createClient(AuthService, interceptors);
/** In nobody's name. */
export const unnamed = createClient(AuthService, nameless);
