/* See json.h. */
#include "json.h"

static int skip_word(Reader* reader, const char* word) {
    for (; *word; word++, reader->at++) {
        if (*reader->at != (uint8_t)*word) return 0;
    }
    return 1;
}

/* ---- strings ---- */

static int hex_digit(uint8_t byte) {
    if (is_digit(byte)) return byte - '0';
    const uint8_t letter = (uint8_t)((byte | 0x20) - 'a');
    return letter < 6 ? letter + 10 : -1;
}

/* The four digits of an escape, a number of UTF-16; -1 where they are others. */
static int read_code_unit(Reader* reader) {
    int unit = 0;
    for (int i = 0; i < 4; i++, reader->at++) {
        const int digit = hex_digit(*reader->at);
        if (digit < 0) return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* Behind \u: the number of a character, or of its first half and then of its second. */
static int skip_units(Reader* reader) {
    const int first = read_code_unit(reader);
    if (first < 0xd800 || first > 0xdfff) return first >= 0;
    if (first > 0xdbff || !skip_word(reader, "\\u")) return 0;
    const int second = read_code_unit(reader);
    return second >= 0xdc00 && second <= 0xdfff;
}

static int skip_escape(Reader* reader) {
    const uint8_t escaped = *++reader->at;
    if (!escaped || !strchr("\"\\/bfnrtu", escaped)) return 0;
    reader->at++;
    return escaped != 'u' || skip_units(reader);
}

/* A character of several bytes, as UTF-8 has it: the shortest way, of what Unicode has, and no half of one. */
static int skip_character(Reader* reader) {
    const uint8_t first = *reader->at++;
    uint8_t least = 0x80, most = 0xbf;
    if (first < 0xc2 || first > 0xf4) return 0;
    if (first == 0xe0) least = 0xa0;
    if (first == 0xed) most = 0x9f;
    if (first == 0xf0) least = 0x90;
    if (first == 0xf4) most = 0x8f;
    for (int more = 1 + (first >= 0xe0) + (first >= 0xf0); more; more--, reader->at++) {
        if (*reader->at < least || *reader->at > most) return 0;
        least = 0x80;
        most = 0xbf;
    }
    return 1;
}

int skip_special(Reader* reader, String* string) {
    while (*reader->at != '"') {
        if (*reader->at == '\\') {
            string->is_escaped = 1;
            if (!skip_escape(reader)) return 0;
        } else if (*reader->at < 0x80 || !skip_character(reader)) {
            return 0;
        }
        reader->at = past_plain(reader->at, reader->end);
    }
    return 1;
}

/* ---- numbers ---- */

static int skip_digits(Reader* reader) {
    const uint8_t* first = reader->at;
    reader->at = past_digits(first);
    return reader->at > first;
}

/* Digits of which the first is 0 only where it is alone. */
static int skip_whole(Reader* reader) {
    if (*reader->at == '-') reader->at++;
    if (*reader->at != '0') return skip_digits(reader);
    reader->at++;
    return 1;
}

static int skip_number(Reader* reader) {
    if (!skip_whole(reader)) return 0;
    if (*reader->at == '.') {
        reader->at++;
        if (!skip_digits(reader)) return 0;
    }
    if ((*reader->at | 0x20) != 'e') return 1;
    reader->at++;
    if (*reader->at == '-' || *reader->at == '+') reader->at++;
    return skip_digits(reader);
}

int read_integer(Reader* reader, int64_t* number) {
    const int is_negative = *reader->at == '-';
    const uint8_t* first = reader->at + is_negative;
    if (!skip_whole(reader) || reader->at - first > 19) return 0; /* 19 digits fit 64 bits without a sign */
    uint64_t size = 0;
    for (const uint8_t* at = first; at < reader->at; at++) size = 10 * size + (uint64_t)(*at - '0');
    if (size > (uint64_t)INT64_MAX + (uint64_t)is_negative) return 0;
    *number = (int64_t)(is_negative ? 0 - size : size);
    return *reader->at != '.' && (*reader->at | 0x20) != 'e';
}

/* ---- values ---- */

static int skip_list(Reader* reader, int depth) {
    reader->at++;
    skip_space(reader);
    int more = *reader->at != ']';
    while (more > 0) {
        if (!skip_value(reader, depth)) return 0;
        more = skip_comma(reader, ']');
    }
    reader->at += !more;
    return !more;
}

static int skip_object(Reader* reader, int depth) {
    String key;
    reader->at++;
    skip_space(reader);
    int more = *reader->at != '}';
    while (more > 0) {
        if (!read_key(reader, &key) || !skip_value(reader, depth)) return 0;
        more = skip_comma(reader, '}');
    }
    reader->at += !more;
    return !more;
}

int skip_value(Reader* reader, int depth) {
    String string;
    switch (*reader->at) {
        case '"': return read_string(reader, &string);
        case '[': return depth && skip_list(reader, depth - 1);
        case '{': return depth && skip_object(reader, depth - 1);
        case 't': return skip_word(reader, "true");
        case 'f': return skip_word(reader, "false");
        case 'n': return skip_word(reader, "null");
        default: return skip_number(reader);
    }
}
