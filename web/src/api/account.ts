import { AuthService } from '../gen/usher/v1/auth_pb';
import { interceptors } from './client';
import { createClient } from './connect';

export const account = createClient(AuthService, interceptors);
