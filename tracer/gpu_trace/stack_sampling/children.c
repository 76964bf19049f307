/* See children.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "children.h"

static int children_of_thread(pid_t pid, pid_t tid, pid_t* found, int room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)tid);
    FILE* file = fopen(path, "re");
    if (!file) return 0;
    int count = 0, child;
    while (count < room && fscanf(file, "%d", &child) == 1) found[count++] = child;
    fclose(file);
    return count;
}

int children_of(pid_t pid, int all_threads, pid_t* found, int room) {
    if (!all_threads) return children_of_thread(pid, pid, found, room);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR* threads = opendir(path);
    if (!threads) return 0;
    int count = 0;
    struct dirent* entry;
    while ((entry = readdir(threads))) {
        pid_t tid = (pid_t)atoi(entry->d_name);
        if (tid > 0) count += children_of_thread(pid, tid, found + count, room - count);
    }
    closedir(threads);
    return count;
}

pid_t parent_of(pid_t pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE* file = fopen(path, "re");
    if (!file) return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    const char* behind = strrchr(text, ')'); /* the name before it may have any character */
    int parent = 0;
    return behind && sscanf(behind + 1, " %*c %d", &parent) == 1 ? (pid_t)parent : 0;
}
