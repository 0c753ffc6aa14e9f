/** The few parts used here; neither the ES nor the Node types declare them. */
interface WebAssemblyApi {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** An instance of a compiled kernel. */
export function instantiate<Exports>(code: string): Exports {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  const abort = () => {
    throw new Error('the kernel aborted');
  };
  return new Instance(new Module(Buffer.from(code, 'base64')), { env: { abort } }).exports as Exports;
}
