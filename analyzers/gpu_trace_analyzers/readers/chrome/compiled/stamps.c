/* See stamps.h. */
#include "stamps.h"

enum { MOST_DIGITS = 16 }; /* before the point: an epoch in microseconds */

static const int64_t LIMIT_NS = INT64_C(1) << 61;

/* The digits from the next byte on, of which the first `most` are made a number. */
static int digits(Reader* reader, int most, int64_t* number) {
    int count = 0;
    for (; (uint8_t)(*reader->at - '0') <= 9; reader->at++, count++) {
        if (count < most) *number = 10 * *number + (*reader->at - '0');
    }
    return count;
}

/* A number without an exponent, to the nearest ns, half up; 0 for another, and for a half below zero. */
static int read_plain(Reader* reader, Stamp* stamp) {
    const int is_negative = *reader->at == '-';
    reader->at += is_negative;
    const uint8_t* first = reader->at;
    int64_t ns = 0;
    const int whole = digits(reader, MOST_DIGITS, &ns);
    if (!whole || whole > MOST_DIGITS || (*first == '0' && whole > 1) || ns >= LIMIT_NS / 1000) return 0;
    int decimals = 0;
    stamp->has_decimals = *reader->at == '.';
    if (stamp->has_decimals) {
        const uint8_t* fourth = ++reader->at + 3;
        decimals = digits(reader, 3, &ns);
        if (!decimals || (is_negative && decimals > 3)) return 0;
        for (int place = decimals; place < 3; place++) ns *= 10;
        if (decimals > 3) ns += *fourth >= '5';
    } else {
        ns *= 1000;
    }
    stamp->ns = is_negative ? -ns : ns;
    return (*reader->at | 0x20) != 'e';
}

int read_stamp(Reader* reader, Stamp* stamp) {
    const uint8_t* begin = reader->at;
    stamp->is_odd = !read_plain(reader, stamp);
    if (!stamp->is_odd) return 1;
    reader->at = begin;
    return skip_value(reader, DEEPEST);
}
