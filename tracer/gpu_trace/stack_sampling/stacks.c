/* See stacks.h. */
#define _GNU_SOURCE 1
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stacks.h"

enum { MOST = 1 << 19, AT_FIRST = 1 << 10 };

/* A code object, known again by where it and what it holds lie; another may have its place one day. */
typedef struct {
    uintptr_t address;
    CodeHead head;
    Text name, file, lines;
    int is_written;
} Code;

/* One frame of a stack: code at an instruction, called by another such frame. */
typedef struct {
    uint32_t number, caller, code;
    int32_t offset;
    int is_written;
} Call;

/* Numbers, from 1, of what was numbered, at places that its hash gives; 0 where there is none. */
typedef struct {
    uint32_t* numbers;
    uint32_t room; /* a power of two, at least twice their number */
} Index;

struct Stacks {
    FILE *codes_file, *calls_file;
    Code* codes;
    Call* calls;
    uint32_t codes_count, calls_count;
    Index codes_index, calls_index;
};

static uint64_t mixed(uint64_t value) {
    value = (value ^ value >> 31) * 0x9e3779b97f4a7c15u;
    return value ^ value >> 29;
}

static uint64_t hash_of_call(const Call* call) {
    return mixed(mixed((uint64_t)call->caller << 32 | call->code) + (uint32_t)call->offset);
}

static uint32_t* place_of_code(const Stacks* stacks, const Index* index, uintptr_t address) {
    for (uint64_t at = mixed(address);; at++) {
        uint32_t* number = index->numbers + (at & (index->room - 1));
        if (!*number || stacks->codes[*number - 1].address == address) return number;
    }
}

static uint32_t* place_of_call(const Stacks* stacks, const Index* index, const Call* wanted) {
    for (uint64_t at = hash_of_call(wanted);; at++) {
        uint32_t* number = index->numbers + (at & (index->room - 1));
        const Call* call = *number ? stacks->calls + *number - 1 : NULL;
        if (!call || (call->caller == wanted->caller && call->code == wanted->code && call->offset == wanted->offset)) return number;
    }
}

/* ---- room ---- */

/* Room for one more in the index and in the list behind it, which have their rooms in common; whether there is. */
static int have_room(Stacks* stacks, int of_codes) {
    Index* index = of_codes ? &stacks->codes_index : &stacks->calls_index;
    uint32_t count = of_codes ? stacks->codes_count : stacks->calls_count;
    if (2 * (count + 1) <= index->room) return 1;
    if (count >= MOST) return 0;
    Index larger = {calloc(index->room ? 2 * index->room : AT_FIRST, sizeof(uint32_t)), index->room ? 2 * index->room : AT_FIRST};
    size_t bytes = larger.room / 2 * (of_codes ? sizeof(Code) : sizeof(Call));
    void* list = larger.numbers ? realloc(of_codes ? (void*)stacks->codes : (void*)stacks->calls, bytes) : NULL;
    if (!list) {
        free(larger.numbers);
        return 0;
    }
    if (of_codes) stacks->codes = list;
    else stacks->calls = list;
    for (uint32_t i = 0; i < index->room; i++) {
        uint32_t number = index->numbers[i];
        if (!number) continue;
        *(of_codes ? place_of_code(stacks, &larger, stacks->codes[number - 1].address)
                   : place_of_call(stacks, &larger, stacks->calls + number - 1)) = number;
    }
    free(index->numbers);
    *index = larger;
    return 1;
}

Stacks* open_stacks(const char* codes, const char* calls) {
    Stacks* stacks = calloc(1, sizeof *stacks);
    if (!stacks) return NULL;
    stacks->codes_file = fopen(codes, "wbe");
    stacks->calls_file = fopen(calls, "wbe");
    if (stacks->codes_file && stacks->calls_file) return stacks;
    close_stacks(stacks);
    return NULL;
}

static void forget_texts(Code* code) {
    free(code->name.data);
    free(code->file.data);
    free(code->lines.data);
    code->name.data = code->file.data = code->lines.data = NULL;
}

void close_stacks(Stacks* stacks) {
    if (stacks->codes_file) fclose(stacks->codes_file);
    if (stacks->calls_file) fclose(stacks->calls_file);
    for (uint32_t i = 0; i < stacks->codes_count; i++) forget_texts(stacks->codes + i);
    free(stacks->codes);
    free(stacks->calls);
    free(stacks->codes_index.numbers);
    free(stacks->calls_index.numbers);
    free(stacks);
}

/* ---- numbers ---- */

static int is_the_same(const CodeHead* one, const CodeHead* other) {
    return one->name == other->name && one->file == other->file && one->lines == other->lines && one->first_line == other->first_line &&
           one->bytes == other->bytes && one->version == other->version;
}

/* The number of a code object; 0 where its texts cannot be read. */
static uint32_t number_of_code(Stacks* stacks, const Interpreter* interpreter, uintptr_t address, const CodeHead* head) {
    if (!have_room(stacks, 1)) return 0;
    uint32_t* number = place_of_code(stacks, &stacks->codes_index, address);
    if (*number && is_the_same(&stacks->codes[*number - 1].head, head)) return *number;
    Code code = {.address = address, .head = *head};
    if (read_texts(interpreter, head, &code.name, &code.file, &code.lines)) {
        forget_texts(&code);
        return 0;
    }
    stacks->codes[stacks->codes_count++] = code;
    return *number = stacks->codes_count;
}

static uint32_t number_of_call(Stacks* stacks, uint32_t caller, uint32_t code, int32_t offset) {
    if (!have_room(stacks, 0)) return 0;
    Call call = {stacks->calls_count + 1, caller, code, offset, 0};
    uint32_t* number = place_of_call(stacks, &stacks->calls_index, &call);
    if (*number) return *number;
    stacks->calls[stacks->calls_count++] = call;
    return *number = stacks->calls_count;
}

uint32_t number_of_stack(Stacks* stacks, const Interpreter* interpreter, const PythonThread* thread) {
    static CodeHead heads[DEEPEST];
    if (thread->depth <= 0 || read_code(interpreter, thread->frames, thread->depth, heads)) return 0;
    uint32_t caller = 0;
    for (int i = thread->depth - 1; i >= 0; i--) {
        const Frame* frame = thread->frames + i;
        uint32_t code = number_of_code(stacks, interpreter, frame->code, heads + i);
        caller = code ? number_of_call(stacks, caller, code, frame->offset) : 0;
        if (!caller) return 0;
    }
    return caller;
}

/* ---- writing ---- */

static void write_code(Stacks* stacks, uint32_t number) {
    Code* code = stacks->codes + number - 1;
    if (code->is_written) return;
    const Text *name = &code->name, *file = &code->file, *lines = &code->lines;
    uint32_t numbers[] = {number, (uint32_t)code->head.first_line, name->kind, name->bytes, file->kind, file->bytes, lines->bytes};
    fwrite(numbers, sizeof numbers, 1, stacks->codes_file);
    fwrite(name->data, name->bytes, 1, stacks->codes_file);
    fwrite(file->data, file->bytes, 1, stacks->codes_file);
    fwrite(lines->data, lines->bytes, 1, stacks->codes_file);
    forget_texts(code);
    code->is_written = 1;
}

void write_stack(Stacks* stacks, uint32_t number) {
    while (number && !stacks->calls[number - 1].is_written) {
        Call* call = stacks->calls + number - 1;
        write_code(stacks, call->code);
        fwrite(call, offsetof(Call, is_written), 1, stacks->calls_file);
        call->is_written = 1;
        number = call->caller;
    }
}
