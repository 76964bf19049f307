/* Which processes a process has started, by the kernel (CONFIG_PROC_CHILDREN; without it none is known). */
#ifndef GPU_TRACE_CHILDREN_H
#define GPU_TRACE_CHILDREN_H

#include <sys/types.h>

/* Those that its main thread started, or any thread if all are asked; as many as there is room for. */
int children_of(pid_t pid, int all_threads, pid_t* found, int room);

/* 0 where that is not known. */
pid_t parent_of(pid_t pid);

#endif
