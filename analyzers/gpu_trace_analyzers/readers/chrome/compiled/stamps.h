/* Decimal microseconds to integer nanoseconds, exactly, as readers/base/stamps.py has it. */
#ifndef GPU_TRACE_STAMPS_H
#define GPU_TRACE_STAMPS_H

#include "json.h"

typedef struct {
    int64_t ns; /* NO_TIME where there is none */
    int has_decimals;
    int is_odd; /* a value that is no plain number, or no time: what it is, others say */
} Stamp;

#define NO_TIME INT64_MIN

/* The time that any value is. */
int read_stamp(Reader* reader, Stamp* stamp);

#endif
