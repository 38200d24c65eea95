import { solve, type Task } from './work';

addEventListener('message', ({ data }: MessageEvent<Task>) => {
  solve(data).then(
    (counter) => postMessage({ counter }),
    (cause) => postMessage({ why: String(cause) }),
  );
});
