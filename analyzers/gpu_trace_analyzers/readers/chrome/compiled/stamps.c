/* See stamps.h. */
#include "stamps.h"

enum { MOST_DIGITS = 16 }; /* before the point: an epoch in microseconds */

static const int64_t LIMIT_NS = INT64_C(1) << 61;

/* A number that goes on with these digits. */
static int64_t with_digits(int64_t number, const uint8_t* at, const uint8_t* end) {
    for (; at < end; at++) number = 10 * number + (*at - '0');
    return number;
}

/* The decimals of a number of microseconds, as ns, to the nearest, half up. */
static int64_t decimals_ns(const uint8_t* at, const uint8_t* end) {
    static const int64_t missing[] = {1000, 100, 10, 1}; /* what each of so many digits stands for */
    const int64_t known = end - at < 3 ? end - at : 3;
    return with_digits(0, at, at + known) * missing[known] + (end - at > 3 && at[3] >= '5');
}

/* A number without an exponent; 0 for another, for one that is too large, and for one below zero that would be rounded. */
static int read_plain(Reader* reader, Stamp* stamp) {
    const int is_negative = *reader->at == '-';
    const uint8_t *first = reader->at + is_negative, *point = past_digits(first), *end = point;
    if (point == first || point - first > MOST_DIGITS || (*first == '0' && point > first + 1)) return 0;
    const int64_t us = with_digits(0, first, point);
    stamp->has_decimals = *point == '.';
    if (stamp->has_decimals) end = past_digits(point + 1);
    if (us >= LIMIT_NS / 1000 || end == point + 1 || (is_negative && end > point + 4) || (*end | 0x20) == 'e') return 0;
    const int64_t ns = 1000 * us + (stamp->has_decimals ? decimals_ns(point + 1, end) : 0);
    stamp->ns = is_negative ? -ns : ns;
    reader->at = end;
    return 1;
}

int read_stamp(Reader* reader, Stamp* stamp) {
    stamp->is_odd = !read_plain(reader, stamp);
    return !stamp->is_odd || skip_value(reader, DEEPEST);
}
