// The clients of who runs the servers, or watches his own sales: by the operator's key where it was given, else in the
// name of who is signed in. The key lives as long as the tab.

import { signal } from '@preact/signals';
import { AuthService } from '../gen/usher/v1/auth_operate_pb';
import { MonitorService } from '../gen/usher/v1/monitor_operate_pb';
import { InstallationService } from '../gen/usher/v1/owner_operate_pb';
import { identity } from './client';
import { createClient, type Interceptor } from './connect';
import { withIdentity } from './identity';

const shelf_key = 'usher.operator';

function kept(): string {
  try {
    return sessionStorage.getItem(shelf_key) ?? '';
  } catch {
    return '';
  }
}

export const operatorKey = signal(kept());

export function keepOperatorKey(key: string): void {
  operatorKey.value = key;
  try {
    if (key) sessionStorage.setItem(shelf_key, key);
    else sessionStorage.removeItem(shelf_key);
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
}

const withKey: Interceptor = (next) => (request) => {
  if (!operatorKey.value) return withIdentity(identity, () => false)(next)(request);
  request.header.set('authorization', `Bearer ${operatorKey.value}`);
  return next(request);
};

export const monitor = createClient(MonitorService, [withKey]);
export const accounts = createClient(AuthService, [withKey]);
export const installation = createClient(InstallationService, [withKey]);
