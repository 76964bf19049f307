/* The stacks of one process, by number. Those that are wanted are written, each frame once; records.py describes how. */
#ifndef GPU_TRACE_STACKS_H
#define GPU_TRACE_STACKS_H

#include <stdint.h>

#include "interpreter.h"

typedef struct Stacks Stacks;

/* NULL where the files cannot be made. */
Stacks* open_stacks(const char* codes, const char* calls);
void close_stacks(Stacks* stacks);

/* The number of a thread's stack, from 1; 0 where it cannot be told: it changed meanwhile, or there are too many. */
uint32_t number_of_stack(Stacks* stacks, const Interpreter* interpreter, const PythonThread* thread);
void write_stack(Stacks* stacks, uint32_t number);

#endif
