import { WaitroomService } from '../gen/usher/v1/waitroom_pb';
import { interceptors } from './client';
import { createClient } from './connect';

export const waitroom = createClient(WaitroomService, interceptors);
