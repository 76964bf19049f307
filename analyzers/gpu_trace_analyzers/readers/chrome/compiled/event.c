/* See event.h. */
#include "event.h"

#include <string.h>

/* An integer, a text, or null. */
static int read_id(Reader* reader, Value* value) {
    if (*reader->at == '"') {
        value->kind = TEXT;
        return read_string(reader, &value->text);
    }
    value->kind = *reader->at == 'n' ? NOTHING : INTEGER;
    return value->kind == NOTHING ? skip_value(reader, 0) : read_integer(reader, &value->number);
}

static int read_as_written(Reader* reader, Value* value) {
    value->kind = AS_WRITTEN;
    value->text.at = reader->at;
    if (!skip_value(reader, DEEPEST)) return 0;
    value->text.length = (size_t)(reader->at - value->text.at);
    return 1;
}

/* The value behind a key. With escapes, a key may be another way to write one that is known: then it is not read. */
static int read_argument(Reader* reader, const Arguments* arguments, const String* key, Event* event) {
    if (key->is_escaped) return 0;
    const int64_t which = word(&arguments->names, key->at, key->length);
    if (which == UNKNOWN) return skip_value(reader, DEEPEST);
    const uint64_t bit = UINT64_C(1) << which;
    if (event->arguments & bit) return 0;
    event->arguments |= bit;
    Value* value = event->argument + which;
    return arguments->as_written & bit ? read_as_written(reader, value) : read_id(reader, value);
}

static int read_arguments(Reader* reader, const Arguments* arguments, Event* event) {
    String key;
    if (*reader->at != '{') return 0;
    reader->at++;
    skip_space(reader);
    int more = *reader->at != '}';
    while (more > 0) {
        if (!read_key(reader, &key) || !read_argument(reader, arguments, &key, event)) return 0;
        more = skip_comma(reader, '}');
    }
    reader->at += !more;
    return !more;
}

/* ---- the fields of an event ---- */

typedef enum { PHASE, CATEGORY, NAME, PID, TID, START, DURATION, ARGUMENTS, OTHER } Field;

#define IS(text) (!memcmp(key->at, text, sizeof text - 1))

/* By its length first: with that, the compiler makes each comparison one of two numbers. */
static Field field_of(const String* key) {
    switch (key->length) {
        case 2: return IS("ph") ? PHASE : IS("ts") ? START : OTHER;
        case 3: return IS("cat") ? CATEGORY : IS("pid") ? PID : IS("tid") ? TID : IS("dur") ? DURATION : OTHER;
        case 4: return IS("name") ? NAME : IS("args") ? ARGUMENTS : OTHER;
        default: return OTHER;
    }
}

static int read_field(Reader* reader, const Arguments* arguments, Field field, Event* event) {
    switch (field) {
        case PHASE: return read_string(reader, &event->phase);
        case CATEGORY: return read_string(reader, &event->category);
        case NAME: return read_string(reader, &event->name);
        case PID: return read_id(reader, &event->pid);
        case TID: return read_id(reader, &event->tid);
        case START: return read_stamp(reader, &event->start);
        case DURATION: return read_stamp(reader, &event->duration);
        case ARGUMENTS: return read_arguments(reader, arguments, event);
        default: return skip_value(reader, DEEPEST);
    }
}

static void forget(Event* event) {
    static const String empty = {(const uint8_t*)"", 0, 0};
    event->phase = event->category = event->name = empty;
    event->pid.kind = event->tid.kind = NOTHING;
    event->start = event->duration = (Stamp){NO_TIME, 0, 0};
    event->arguments = 0;
}

int read_event(Reader* reader, const Arguments* arguments, Event* event) {
    String key;
    unsigned seen = 0;
    forget(event);
    if (*reader->at != '{') return 0;
    reader->at++;
    skip_space(reader);
    int more = *reader->at != '}';
    while (more > 0) {
        if (!read_key(reader, &key) || key.is_escaped) return 0;
        const Field field = field_of(&key);
        if (seen & 1u << field) return 0;
        if (field != OTHER) seen |= 1u << field;
        if (!read_field(reader, arguments, field, event)) return 0;
        more = skip_comma(reader, '}');
    }
    reader->at += !more;
    return !more;
}
