/* Blocks of events to columns.
 *
 * Python says which events are wanted, and has the memory of the columns. A block is taken up to the last event that
 * another follows, or not at all: where anything is in it that Python's own decoder might read in another way, that decoder
 * takes the block. So neither has to be told what the other found.
 */
#include <stdlib.h>
#include <string.h>

#include "event.h"

#define EXPORT __attribute__((visibility("default")))

enum { MOST_CATEGORIES = 64, LONGEST_CATEGORY = 64 };
enum { FLOW = 0 }; /* the first category: arrows, whatever they call theirs */
enum { NAME_ROW, START_ROW, DURATION_ROW, PID_ROW, TID_ROW, FIRST_ARGUMENT_ROW };

static const int64_t MISSING = -1;

/* ---- what Python says, and reads; library.py has the same ---- */

/* How the names of wanted events begin, or what they are; if an argument is named, of those that have it. */
typedef struct {
    const char* text;
    int64_t length, is_whole, argument; /* -1: whatever arguments they have */
} Beginning;

typedef enum { COUNTED, IN_COLUMNS, LEFT } Use;

typedef struct {
    const char* name; /* in lower case */
    int64_t phase, use;
    const Beginning* beginnings; /* none: all its events are wanted */
    int64_t beginnings_count;
    const int64_t* arguments; /* those that have columns, from FIRST_ARGUMENT_ROW on */
    int64_t arguments_count;
    int64_t* numbers; /* (columns, room): integers, times in ns, numbers of words */
    uint8_t* kinds;   /* (columns, room): which Kind each number is; nothing where it is a time */
} Category;

typedef struct {
    int64_t rows, skipped, decimals; /* in the columns; events that are not wanted; whether any start has decimals */
} Tally;

typedef struct {
    const char* const* arguments;
    int64_t arguments_count;
    uint64_t as_written;
    const Category* categories;
    int64_t categories_count, room;
    Tally* tallies; /* of each category */
    int64_t* left;  /* (room, 3): where events that Python has to decode begin and end, and their category, or -1 */
} Wanted;

typedef struct {
    const Wanted* wanted;
    Arguments arguments;
    Words categories, texts, as_written;
    Tally before[MOST_CATEGORIES];
    int64_t left_count, others_count; /* events of the block that Python has to decode, and others */
    Event event;
} Scanner;

/* ---- a scanner ---- */

EXPORT void gpu_trace_scanner_free(Scanner* scanner) {
    forget_words(&scanner->arguments.names);
    forget_words(&scanner->categories);
    forget_words(&scanner->texts);
    forget_words(&scanner->as_written);
    free(scanner);
}

static int learn(Words* words, const char* text) { return word_or_new(words, (const uint8_t*)text, strlen(text)) != UNKNOWN; }

static int learn_all(Scanner* scanner) {
    const Wanted* wanted = scanner->wanted;
    int known = wanted->arguments_count <= MOST_ARGUMENTS && wanted->categories_count <= MOST_CATEGORIES;
    scanner->arguments.as_written = wanted->as_written;
    for (int64_t i = 0; known && i < wanted->arguments_count; i++) known = learn(&scanner->arguments.names, wanted->arguments[i]);
    for (int64_t i = 0; known && i < wanted->categories_count; i++) known = learn(&scanner->categories, wanted->categories[i].name);
    return known;
}

/* What is wanted must stay where it is as long as the scanner is used. NULL where there is no memory, or too much is wanted. */
EXPORT Scanner* gpu_trace_scanner_new(const Wanted* wanted) {
    Scanner* scanner = calloc(1, sizeof *scanner);
    if (!scanner) return NULL;
    scanner->wanted = wanted;
    if (learn_all(scanner)) return scanner;
    gpu_trace_scanner_free(scanner);
    return NULL;
}

/* How many texts there are, or values kept as they were written. `bytes`: of all; `words`: where those of each begin. */
EXPORT int64_t gpu_trace_scanner_words(const Scanner* scanner, int64_t as_written, const uint8_t** bytes, const Word** words) {
    const Words* found = as_written ? &scanner->as_written : &scanner->texts;
    *bytes = found->bytes;
    *words = found->words;
    return found->count;
}

/* ---- one event ---- */

/* The category; UNKNOWN where Python has to look at what the event is. */
static int64_t category_of(const Scanner* scanner) {
    const String *phase = &scanner->event.phase, *name = &scanner->event.category;
    uint8_t lower[LONGEST_CATEGORY];
    if (phase->length != 1) return UNKNOWN;
    if (*phase->at == 's' || *phase->at == 't' || *phase->at == 'f') return FLOW;
    if (name->length > sizeof lower) return UNKNOWN;
    for (size_t i = 0; i < name->length; i++) lower[i] = name->at[i] >= 'A' && name->at[i] <= 'Z' ? name->at[i] | 0x20 : name->at[i];
    const int64_t found = word(&scanner->categories, lower, name->length);
    return found != UNKNOWN && scanner->wanted->categories[found].phase == *phase->at ? found : UNKNOWN;
}

static int begins_so(const Event* event, const Beginning* beginning) {
    const size_t length = (size_t)beginning->length;
    if (event->name.length < length || (beginning->is_whole && event->name.length > length)) return 0;
    if (memcmp(event->name.at, beginning->text, length)) return 0;
    return beginning->argument < 0 || (has_argument(event, (int)beginning->argument) && event->argument[beginning->argument].kind != NOTHING);
}

static int is_wanted(const Category* category, const Event* event) {
    if (category->use == COUNTED) return 0;
    for (int64_t i = 0; i < category->beginnings_count; i++) {
        if (begins_so(event, category->beginnings + i)) return 1;
    }
    return !category->beginnings_count;
}

static int leave(Scanner* scanner, int64_t category, int64_t begin, int64_t end) {
    if (scanner->left_count == scanner->wanted->room) return 0;
    int64_t* place = scanner->wanted->left + 3 * scanner->left_count++;
    place[0] = begin;
    place[1] = end;
    place[2] = category;
    return 1;
}

static int64_t number_of(Scanner* scanner, const Value* value) {
    switch (value->kind) {
        case INTEGER: return value->number;
        case TEXT: return word_or_new(&scanner->texts, value->text.at, value->text.length);
        case AS_WRITTEN: return word_or_new(&scanner->as_written, value->text.at, value->text.length);
        default: return MISSING;
    }
}

/* The value of an event in a column; 0 where there is no memory for it. */
static int put_value(Scanner* scanner, const Category* category, int64_t place, const Value* value) {
    const int64_t number = number_of(scanner, value);
    category->numbers[place] = number;
    category->kinds[place] = (uint8_t)value->kind;
    return number != UNKNOWN || value->kind == INTEGER || value->kind == NOTHING;
}

/* A row for the event; 0 where its times are no plain ones, and where there is no room. */
static int put(Scanner* scanner, const Category* category, Tally* tally) {
    static const Value nothing = {NOTHING, 0, {NULL, 0, 0}};
    const Event* event = &scanner->event;
    const int64_t room = scanner->wanted->room, row = tally->rows;
    if (row == room || event->start.is_odd || event->duration.is_odd) return 0;
    const Value name = {TEXT, 0, event->name};
    int fits = put_value(scanner, category, NAME_ROW * room + row, &name);
    category->numbers[START_ROW * room + row] = event->start.ns;
    category->numbers[DURATION_ROW * room + row] = event->duration.ns;
    fits &= put_value(scanner, category, PID_ROW * room + row, &event->pid) & put_value(scanner, category, TID_ROW * room + row, &event->tid);
    for (int64_t i = 0; i < category->arguments_count; i++) {
        const int argument = (int)category->arguments[i];
        const Value* value = has_argument(event, argument) ? event->argument + argument : &nothing;
        fits &= put_value(scanner, category, (FIRST_ARGUMENT_ROW + i) * room + row, value);
    }
    tally->rows += fits;
    scanner->others_count += fits;
    tally->decimals |= event->start.has_decimals;
    return fits;
}

/* Take the event, which lies there in its block; 0 where that cannot be done exactly. */
static int take(Scanner* scanner, int64_t begin, int64_t end) {
    const int64_t number = category_of(scanner);
    if (number == UNKNOWN) return leave(scanner, UNKNOWN, begin, end);
    const Category* category = scanner->wanted->categories + number;
    Tally* tally = scanner->wanted->tallies + number;
    if (category->beginnings_count && scanner->event.name.is_escaped) return leave(scanner, number, begin, end);
    if (!is_wanted(category, &scanner->event)) {
        tally->skipped++;
        scanner->others_count++;
        return 1;
    }
    return category->use == LEFT ? leave(scanner, number, begin, end) : put(scanner, category, tally);
}

/* ---- a block ---- */

/* Forget what the last block brought: the events that were left are others than they seemed. */
EXPORT void gpu_trace_scanner_undo(Scanner* scanner) {
    memcpy(scanner->wanted->tallies, scanner->before, (size_t)scanner->wanted->categories_count * sizeof(Tally));
}

/* Behind an event, whether another begins: 1. 0 where that is not known yet, and at the end of their list. Else -1. */
static int another_follows(Reader* reader) {
    const int more = skip_comma(reader, ']');
    if (more <= 0) return reader->at == reader->end ? 0 : more;
    if (reader->at == reader->end || *reader->at == ']') return 0;
    return *reader->at == '{' ? 1 : -1;
}

/* Take events up to the last that another follows; where the rest begins, -1 where it cannot be done exactly. */
static int64_t take_all(Scanner* scanner, Reader* reader, const uint8_t* text) {
    while (*reader->at == ',' || *reader->at == ' ' || *reader->at == '\n' || *reader->at == '\r' || *reader->at == '\t') reader->at++;
    for (;;) {
        const int64_t begin = reader->at - text;
        if (!read_event(reader, &scanner->arguments, &scanner->event)) return reader->at == reader->end ? begin : -1;
        const int64_t end = reader->at - text;
        const int more = another_follows(reader);
        if (more < 0 || (more && !take(scanner, begin, end))) return -1;
        if (!more) return begin;
    }
}

/* Take a block, behind whose last byte there is a zero, as there is in Python. Where its rest begins; 0 where nothing was
 * taken. `counts`: how many events Python has to decode, and how many others there are. */
EXPORT int64_t gpu_trace_scanner_take(Scanner* scanner, const uint8_t* text, int64_t length, int64_t* counts) {
    Reader reader = {text, text + length};
    memcpy(scanner->before, scanner->wanted->tallies, (size_t)scanner->wanted->categories_count * sizeof(Tally));
    scanner->left_count = scanner->others_count = 0;
    const int64_t rest = take_all(scanner, &reader, text);
    counts[0] = scanner->left_count;
    counts[1] = scanner->others_count;
    if (rest > 0 && scanner->left_count + scanner->others_count) return rest;
    gpu_trace_scanner_undo(scanner);
    return 0;
}
