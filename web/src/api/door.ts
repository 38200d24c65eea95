import { DoorService } from '../gen/usher/v1/door_pb';
import { interceptors } from './client';
import { createClient } from './connect';

export const door = createClient(DoorService, interceptors);
