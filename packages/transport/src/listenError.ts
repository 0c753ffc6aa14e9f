import { ConfigError } from '@stratumkit/codec';
import { TransportError } from './transportError.ts';

/** Says what an operator can do about an address that cannot be had. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const context = { host, port, code: error.code };
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError(
        'address-in-use',
        `${host}:${port} is already in use: stop what listens there, or take another port (0 is any free one)`,
        { context, cause: error },
      );
    case 'EACCES':
      return new ConfigError(
        'address-forbidden',
        `no permission to listen on ${host}:${port}: ports below 1024 often need one, take a higher one`,
        {
          context,
          cause: error,
        },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ConfigError(
        'address-unknown',
        `${host} is no address of this machine: 127.0.0.1 is for this machine only, 0.0.0.0 for every network it is in`,
        { context, cause: error },
      );
    default:
      return new TransportError('listen-failed', `cannot listen on ${host}:${port}`, context, error);
  }
}
