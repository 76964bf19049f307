/* JSON as RFC 8259 has it, read strictly: what is not exactly that cannot be read.
 *
 * Each function reads one thing that begins at the next byte, and says whether it could. Where it could not, the next byte
 * is the first that did not fit. That is the end of the text where more of it might have fitted.
 */
#ifndef GPU_TRACE_JSON_H
#define GPU_TRACE_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the first of eight bytes is looked for as the lowest of a number"
#endif

typedef struct {
    const uint8_t* at;  /* the next byte */
    const uint8_t* end; /* a zero is there: JSON has none, so that nothing reads on */
} Reader;

/* What is between the quotes of a string: UTF-8, which may have escapes. */
typedef struct {
    const uint8_t* at;
    size_t length;
    int is_escaped;
} String;

enum { DEEPEST = 64 }; /* objects and lists in each other */

static inline int is_digit(uint8_t byte) { return (uint8_t)(byte - '0') <= 9; }

/* Here and below, places are moved in variables of their own: in memory, each step would wait for the one before. */
static inline const uint8_t* past_space(const uint8_t* at) {
    while (*at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) at++;
    return at;
}

static inline const uint8_t* past_digits(const uint8_t* at) {
    while (is_digit(*at)) at++;
    return at;
}

static inline void skip_space(Reader* reader) { reader->at = past_space(reader->at); }

/* Behind what comes between two values of an object or a list: 1. Behind its last value, at its end: 0. Else -1. */
static inline int skip_comma(Reader* reader, uint8_t end) {
    const uint8_t* at = past_space(reader->at);
    const int is_comma = *at == ',';
    reader->at = is_comma ? past_space(at + 1) : at;
    return is_comma ? 1 : -(*at != end);
}

/* The top bit of the first of eight bytes that ends a string, or is no plain part of one, and perhaps of some behind it. */
static inline uint64_t not_plain(uint64_t bytes) {
    const uint64_t each = 0x0101010101010101u, quotes = bytes ^ each * '"', backslashes = bytes ^ each * '\\';
    const uint64_t either = ((quotes - each) & ~quotes) | ((backslashes - each) & ~backslashes);
    return (either | ((bytes - each * 0x20) & ~bytes) | bytes) & each << 7;
}

static inline const uint8_t* past_plain(const uint8_t* at, const uint8_t* end) {
    for (; end - at >= 8; at += 8) {
        uint64_t bytes;
        memcpy(&bytes, at, sizeof bytes);
        const uint64_t found = not_plain(bytes);
        if (found) return at + __builtin_ctzll(found) / 8;
    }
    while (*at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') at++;
    return at;
}

/* The rest of a string, from its first escape, or character of several bytes, up to the quote at its end. */
int skip_special(Reader* reader, String* string);

/* A string whose escapes stand for no half of a character. Here, because most of a trace are strings. */
static inline int read_string(Reader* reader, String* string) {
    if (*reader->at != '"') return 0;
    const uint8_t *begin = reader->at + 1, *at = past_plain(begin, reader->end);
    string->at = begin;
    string->is_escaped = 0;
    if (*at != '"') {
        reader->at = at;
        if (!skip_special(reader, string)) return 0;
        at = reader->at;
    }
    string->length = (size_t)(at - begin);
    reader->at = at + 1;
    return 1;
}

/* The key of a value, and what is between the two. */
static inline int read_key(Reader* reader, String* key) {
    if (!read_string(reader, key)) return 0;
    const uint8_t* at = past_space(reader->at);
    const int is_colon = *at == ':';
    reader->at = is_colon ? past_space(at + 1) : at;
    return is_colon;
}

/* An integer of 64 bits. */
int read_integer(Reader* reader, int64_t* number);

/* Any value; `depth`: how many objects and lists it may have in each other. */
int skip_value(Reader* reader, int depth);

#endif
