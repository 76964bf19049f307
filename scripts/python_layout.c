/* Prints the row of layouts.h for the Python whose headers it is compiled with: see scripts/python-layouts. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_gil.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#if PY_VERSION_HEX >= 0x030B0000
#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#else
#include <frameobject.h>
#endif

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../tracer/gpu_trace/stack_sampling/layout.h"

#if PY_VERSION_HEX < 0x030A0000 || PY_VERSION_HEX >= 0x030E0000 || defined(Py_GIL_DISABLED)
#error "what this Python's structures mean has not been looked at: see interpreter.c"
#endif

#define HAS(version) (PY_VERSION_HEX >= (version))
#define SHOW(name, value) printf("        ." #name " = %zu,\n", (size_t)(value))
#define AT(name, type, member) SHOW(name, offsetof(type, member))

typedef struct _gil_runtime_state Gil;
#if HAS(0x030B0000)
typedef _PyInterpreterFrame FrameOfThis;
enum { OF_FRAME = offsetof(FrameOfThis, localsplus) };
#else
typedef PyFrameObject FrameOfThis;
enum { OF_FRAME = offsetof(FrameOfThis, f_lineno) };
#endif

_Static_assert(sizeof(PyThreadState) <= THREAD_BYTES, "room for a thread");
_Static_assert(OF_FRAME <= FRAME_BYTES, "room for a frame");
_Static_assert(sizeof(PyCodeObject) <= CODE_BYTES, "room for a code object");
_Static_assert(offsetof(Gil, cond) <= GIL_BYTES, "room for what a GIL begins with");
_Static_assert(sizeof(PyCompactUnicodeObject) <= TEXT_BYTES, "room for what a text begins with");

static void show_runtime(void) {
    AT(runtime_main_interpreter, _PyRuntimeState, interpreters.main);
#if HAS(0x030C0000)
    AT(interpreter_threads, PyInterpreterState, threads.head);
    AT(interpreter_gil, PyInterpreterState, ceval.gil);
#else
    AT(runtime_gil, _PyRuntimeState, ceval.gil);
#if HAS(0x030B0000)
    AT(interpreter_threads, PyInterpreterState, threads.head);
#else
    AT(interpreter_threads, PyInterpreterState, tstate_head);
#endif
#endif
    AT(gil_last_holder, Gil, last_holder);
    AT(gil_locked, Gil, locked);
    AT(gil_condition, Gil, cond);
    AT(gil_mutex, Gil, mutex);
}

static void show_thread(void) {
    SHOW(thread_bytes, sizeof(PyThreadState));
    AT(thread_next, PyThreadState, next);
    AT(thread_interpreter, PyThreadState, interp);
#if HAS(0x030B0000)
    AT(thread_native_id, PyThreadState, native_thread_id);
    AT(thread_chunk, PyThreadState, datastack_chunk);
    AT(thread_chunk_top, PyThreadState, datastack_top);
    AT(thread_chunk_limit, PyThreadState, datastack_limit);
#else
    AT(thread_pthread, PyThreadState, thread_id);
#endif
#if HAS(0x030D0000)
    AT(thread_frame, PyThreadState, current_frame);
#elif HAS(0x030B0000)
    AT(thread_cframe, PyThreadState, cframe);
    AT(cframe_frame, _PyCFrame, current_frame);
#else
    AT(thread_frame, PyThreadState, frame);
#endif
}

static void show_frame(void) {
    SHOW(frame_bytes, OF_FRAME);
#if HAS(0x030D0000)
    AT(frame_code, FrameOfThis, f_executable);
    AT(frame_instruction, FrameOfThis, instr_ptr);
#elif HAS(0x030B0000)
    AT(frame_code, FrameOfThis, f_code);
    AT(frame_instruction, FrameOfThis, prev_instr);
#else
    AT(frame_code, FrameOfThis, f_code);
    AT(frame_lasti, FrameOfThis, f_lasti);
    AT(frame_previous, FrameOfThis, f_back);
#endif
#if HAS(0x030B0000)
    AT(frame_previous, FrameOfThis, previous);
#endif
#if HAS(0x030C0000)
    AT(frame_owner, FrameOfThis, owner);
    SHOW(frame_owned_by_c, FRAME_OWNED_BY_CSTACK);
#endif
}

static void show_code(void) {
    SHOW(code_bytes, sizeof(PyCodeObject));
    AT(code_type, PyObject, ob_type);
    AT(code_first_line, PyCodeObject, co_firstlineno);
    AT(code_file, PyCodeObject, co_filename);
    AT(code_lines, PyCodeObject, co_linetable);
#if HAS(0x030B0000)
    AT(code_name, PyCodeObject, co_qualname);
    AT(code_units, PyCodeObject, ob_base.ob_size);
    AT(code_instructions, PyCodeObject, co_code_adaptive);
    _Static_assert(sizeof(_Py_CODEUNIT) == 2, "bytes of an instruction");
#else
    AT(code_name, PyCodeObject, co_name);
#endif
#if HAS(0x030C0000)
    AT(code_version, PyCodeObject, co_version);
#endif
}

/* The state of a text, a member of which is all ones. */
static unsigned bits(PyASCIIObject text) {
    unsigned state;
    memcpy(&state, &text.state, sizeof state);
    return state;
}

static void show_texts(void) {
    AT(text_length, PyASCIIObject, length);
    AT(text_state, PyASCIIObject, state);
    SHOW(text_kind, bits((PyASCIIObject){.state.kind = 7}));
    SHOW(text_compact, bits((PyASCIIObject){.state.compact = 1}));
    SHOW(text_ascii, bits((PyASCIIObject){.state.ascii = 1}));
    SHOW(text_head, sizeof(PyCompactUnicodeObject));
    SHOW(text_head_of_ascii, sizeof(PyASCIIObject));
    AT(bytes_size, PyVarObject, ob_size);
    AT(bytes_data, PyBytesObject, ob_sval);
}

int main(void) {
    printf("    {\n        .version = 0x%04X,\n", PY_VERSION_HEX >> 16);
    show_runtime();
    show_thread();
    show_frame();
    show_code();
    show_texts();
    printf("    },\n");
}
