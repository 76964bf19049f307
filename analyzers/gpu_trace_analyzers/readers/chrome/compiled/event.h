/* One event of Chrome's JSON format, with its keys in any order, and spaced in any way. */
#ifndef GPU_TRACE_EVENT_H
#define GPU_TRACE_EVENT_H

#include "json.h"
#include "stamps.h"
#include "words.h"

enum { MOST_ARGUMENTS = 64 };

/* What Python's decoder takes for an id: an integer, or a text; or any value, as it is written. */
typedef enum { NOTHING, INTEGER, TEXT, AS_WRITTEN } Kind;

typedef struct {
    Kind kind;
    int64_t number; /* of an integer */
    String text;    /* of the others; between the quotes, if it is a text */
} Value;

/* The arguments that have a meaning. */
typedef struct {
    Words names;
    uint64_t as_written; /* a bit for each: whether any value is kept as it is written, or an id is expected */
} Arguments;

typedef struct {
    String phase, category, name; /* empty where there is none */
    Value pid, tid;
    Stamp start, duration;
    uint64_t arguments;             /* a bit for each that is in the event */
    Value argument[MOST_ARGUMENTS]; /* of those whose bit is set */
} Event;

/* The event that begins at the next byte. One that Python's decoder would refuse, or might read as another, cannot be read. */
int read_event(Reader* reader, const Arguments* arguments, Event* event);

static inline int has_argument(const Event* event, int argument) { return (int)(event->arguments >> argument & 1); }

#endif
