/* Texts with numbers from 0 in the order in which they came, each text once. */
#ifndef GPU_TRACE_WORDS_H
#define GPU_TRACE_WORDS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t hash;
    uint32_t begin, length;
} Word;

typedef struct {
    uint8_t* bytes; /* of all words, one behind the other */
    size_t used, bytes_room;
    Word* words;
    uint32_t count, room; /* room: a power of two; there is place for half as many words */
    uint32_t* places;     /* by hash, number + 1; 0 where there is none */
} Words;

enum { UNKNOWN = -1 };

/* The number of a text; UNKNOWN where it has none. */
int64_t word(const Words* words, const uint8_t* text, size_t length);

/* The same of one that gets a number if it has none; UNKNOWN where there is no memory for it. */
int64_t word_or_new(Words* words, const uint8_t* text, size_t length);

void forget_words(Words* words);

#endif
