/* See layout.h. */
#include "layout.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "layouts.h"

extern const char* Py_GetVersion(void);

/* Rows are of builds with a GIL, and of machines with addresses of 8 bytes, on all of which they are the same. */
const Layout* layout_of_this_python(void) {
    int major, minor;
    if (sizeof(void*) != 8 || sscanf(Py_GetVersion(), "%d.%d", &major, &minor) != 2) return NULL;
    if (strstr(Py_GetVersion(), "free-threading")) return NULL;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        if (layouts[i].version == (major << 8 | minor)) return layouts + i;
    }
    return NULL;
}
