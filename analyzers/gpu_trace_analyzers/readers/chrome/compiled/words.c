/* See words.h. */
#include "words.h"

#include <stdlib.h>
#include <string.h>

enum { AT_FIRST = 64 };

static const size_t MOST_BYTES = 1u << 31;

static uint64_t mixed(uint64_t value) {
    value *= 0x9e3779b97f4a7c15u;
    return value ^ value >> 32;
}

static uint64_t some_bytes(const uint8_t* text, size_t length) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < length; i++) bytes |= (uint64_t)text[i] << 8 * i;
    return bytes;
}

static uint64_t eight_bytes(const uint8_t* text) {
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

/* Of eight bytes at a time; the last eight of a longer text may have some that were in the eight before. */
static uint64_t hash_of(const uint8_t* text, size_t length) {
    if (length < 8) return mixed(some_bytes(text, length) ^ (uint64_t)length << 56);
    uint64_t hash = length;
    for (size_t at = 0; at + 8 < length; at += 8) hash = mixed(hash ^ eight_bytes(text + at));
    return mixed(hash ^ eight_bytes(text + length - 8));
}

/* The place of a text, or the empty one where it belongs. */
static uint32_t* place_of(const Words* words, uint64_t hash, const uint8_t* text, size_t length) {
    for (uint64_t at = hash;; at++) {
        uint32_t* place = words->places + (at & (words->room - 1));
        const Word* found = *place ? words->words + *place - 1 : NULL;
        if (!found || (found->hash == hash && found->length == length && !memcmp(words->bytes + found->begin, text, length))) return place;
    }
}

int64_t word(const Words* words, const uint8_t* text, size_t length) {
    return words->room ? (int64_t)*place_of(words, hash_of(text, length), text, length) - 1 : UNKNOWN;
}

/* Twice as many places, or the first; 1 where there is memory for them. */
static int have_places(Words* words) {
    const uint32_t room = words->room ? 2 * words->room : AT_FIRST;
    Word* all = realloc(words->words, room / 2 * sizeof *all);
    if (!all) return 0;
    words->words = all;
    uint32_t* places = calloc(room, sizeof *places);
    if (!places) return 0;
    free(words->places);
    words->places = places;
    words->room = room;
    for (uint32_t i = 0; i < words->count; i++) {
        uint64_t at = all[i].hash;
        while (places[at & (room - 1)]) at++;
        places[at & (room - 1)] = i + 1;
    }
    return 1;
}

static int have_bytes(Words* words, size_t more) {
    const size_t needed = words->used + more + 1; /* some even for a text of no length: no place is nowhere */
    if (needed <= words->bytes_room) return 1;
    if (needed > MOST_BYTES) return 0;
    uint8_t* bytes = realloc(words->bytes, 2 * needed);
    if (!bytes) return 0;
    words->bytes = bytes;
    words->bytes_room = 2 * needed;
    return 1;
}

int64_t word_or_new(Words* words, const uint8_t* text, size_t length) {
    if (2 * (words->count + 1) > words->room && !have_places(words)) return UNKNOWN;
    const uint64_t hash = hash_of(text, length);
    uint32_t* place = place_of(words, hash, text, length);
    if (*place) return *place - 1;
    if (!have_bytes(words, length)) return UNKNOWN;
    memcpy(words->bytes + words->used, text, length);
    words->words[words->count] = (Word){hash, (uint32_t)words->used, (uint32_t)length};
    words->used += length;
    *place = ++words->count;
    return words->count - 1;
}

void forget_words(Words* words) {
    free(words->bytes);
    free(words->words);
    free(words->places);
}
