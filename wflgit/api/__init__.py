"""Operations, by noun. Each reads, decides by a pure call into `core`, and writes: Git first, then the store, audit last."""
