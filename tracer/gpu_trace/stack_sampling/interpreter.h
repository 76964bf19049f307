/* The Python stacks of another process, read out of its memory. It must run the interpreter that this is loaded into:
 * its addresses are found by our own, and layout.h says where its structures have what is read.
 */
#ifndef GPU_TRACE_INTERPRETER_H
#define GPU_TRACE_INTERPRETER_H

#include <stdint.h>
#include <sys/types.h>

#include "layout.h"

enum { DEEPEST = 1024 };

typedef struct {
    uintptr_t code;
    int32_t offset; /* of the instruction, in bytes; -1 before the first */
} Frame;

/* A text of the other process as CPython stores it: 1, 2 or 4 bytes a character. */
typedef struct {
    uint32_t kind, bytes;
    char* data;
} Text;

typedef struct {
    uintptr_t name, file, lines; /* where these objects are: by them a code object is known again */
    int32_t first_line, bytes;   /* bytes of instructions; 0 where the object does not say */
    uint64_t version;            /* another one where new code lies where freed code lay */
} CodeHead;

typedef struct {
    pid_t pid;
    const Layout* layout;
    uintptr_t runtime, code_type, main, gil;
} Interpreter;

/* A thread, as it was when it was read. */
typedef struct {
    uintptr_t address, next;
    pid_t tid;
    int holds_gil, another_holds_gil;
    int depth; /* number of frames, the innermost first; -1 where they contradict each other */
    Frame frames[DEEPEST];
} PythonThread;

/* Each returns 0 or an errno: EPERM where the system forbids it, ESRCH where the process has ended, ENOEXEC where it
 * runs another Python, ENOTSUP where the layout of this one is not known, EFAULT where it was changing. */
int find_interpreter(Interpreter* interpreter, pid_t pid);
int first_thread(Interpreter* interpreter, uintptr_t* address);
int read_thread(const Interpreter* interpreter, uintptr_t address, PythonThread* thread);
int read_code(const Interpreter* interpreter, const Frame* frames, int count, CodeHead* heads);
/* The caller frees the data of all three. */
int read_texts(const Interpreter* interpreter, const CodeHead* head, Text* name, Text* file, Text* lines);

/* Whether a thread that waits for a futex at this address waits for the GIL. */
int is_gil(const Interpreter* interpreter, uintptr_t futex);

#endif
