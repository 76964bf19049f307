/* Where CPython keeps what the sampler reads. Each version has its own row in layouts.h: so one library, built without any
 * header of Python, serves them all.
 */
#ifndef GPU_TRACE_LAYOUT_H
#define GPU_TRACE_LAYOUT_H

#include <stdint.h>

/* Room for the largest of each, which scripts/python_layout.c checks. */
enum { THREAD_BYTES = 512, FRAME_BYTES = 128, CODE_BYTES = 256, GIL_BYTES = 64, TEXT_BYTES = 80 };

/* Places of members are in bytes from the start of their structure. 0 where that version has none: no member that some
 * version lacks is the first of its structure. */
typedef struct {
    int version; /* major and minor, as in PY_VERSION_HEX: 0x030B */

    uint32_t runtime_main_interpreter, runtime_gil; /* _PyRuntime; before 3.12 the GIL is in it */
    uint32_t interpreter_threads, interpreter_gil;  /* PyInterpreterState; since 3.12 it points to the GIL */
    uint32_t gil_last_holder, gil_locked, gil_condition, gil_mutex; /* the last two are what is waited for */

    uint32_t thread_bytes, thread_next, thread_interpreter; /* PyThreadState */
    uint32_t thread_native_id, thread_pthread;              /* its kernel's id; in 3.10 by its pthread_t alone */
    uint32_t thread_frame, thread_cframe;                   /* the innermost frame; 3.11 and 3.12 point to what has it */
    uint32_t thread_chunk, thread_chunk_top, thread_chunk_limit; /* since 3.11 the newest frames lie in a chunk */
    uint32_t cframe_frame;

    uint32_t frame_bytes, frame_code, frame_previous; /* _PyInterpreterFrame; in 3.10 PyFrameObject */
    uint32_t frame_instruction, frame_lasti;          /* its address; in 3.10 its number */
    uint32_t frame_owner, frame_owned_by_c;           /* since 3.12; one of that owner stands for no Python code */

    uint32_t code_bytes, code_type, code_first_line, code_file, code_lines, code_name; /* PyCodeObject */
    uint32_t code_units, code_instructions, code_version; /* since 3.11 its instructions are in it; since 3.12 a version */

    uint32_t text_length, text_state, text_kind, text_compact, text_ascii; /* PyASCIIObject; the last three: bits of state */
    uint32_t text_head, text_head_of_ascii;                                /* bytes before the characters */
    uint32_t bytes_size, bytes_data;                                       /* PyBytesObject */
} Layout;

/* That of the Python which has loaded this library; NULL where it is not known. */
const Layout* layout_of_this_python(void);

#endif
