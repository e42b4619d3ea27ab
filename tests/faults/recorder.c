/* Records what a process writes to its database, call by call, for test_power.py to replay.
 *
 * Loaded with LD_PRELOAD. Each record in the file RECORD_TO is one line of text, then for a write
 * its bytes:
 *
 *   W <file> <offset> <length>\n<bytes>   pwrite and write
 *   T <file> <length>\n                   ftruncate
 *   S <file> 0\n                          fsync and fdatasync: what was written before is safe
 *   D <file> 0\n                          unlink
 *
 * Only files whose path contains RECORD_PREFIX are recorded. One thread writes at a time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define MOST 1024

static char *names[MOST];
static int out = -1;

static ssize_t (*real_write)(int, const void *, size_t);

static void set_up(void) {
    if (out >= 0) return;
    real_write = dlsym(RTLD_NEXT, "write");
    const char *to = getenv("RECORD_TO");
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    out = to ? real_open(to, O_WRONLY | O_CREAT | O_APPEND, 0600) : -2;
}

static const char *base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int wanted(const char *path) {
    const char *prefix = getenv("RECORD_PREFIX");
    return path && prefix && strstr(path, prefix) != NULL && !strstr(path, ".lock");
}

static void all(const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length > 0) {
        ssize_t done = real_write(out, rest, length);
        if (done <= 0) abort(); /* a record with a hole would judge wrongly */
        rest += done;
        length -= (size_t)done;
    }
}

static void say(const char *kind, const char *name, long long a, long long b) {
    char line[512];
    int length = b < 0 ? snprintf(line, sizeof line, "%s %s %lld\n", kind, name, a)
                       : snprintf(line, sizeof line, "%s %s %lld %lld\n", kind, name, a, b);
    all(line, (size_t)length);
}

static int known(int fd) { set_up(); return out >= 0 && fd >= 0 && fd < MOST && names[fd]; }

static int opened(int fd, const char *path) {
    set_up();
    if (fd >= 0 && fd < MOST && wanted(path)) {
        free(names[fd]);
        names[fd] = strdup(base(path));
    }
    return fd;
}

#define OPEN(function)                                                     \
    int function(const char *path, int flags, ...) {                       \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #function); \
        va_list rest;                                                      \
        va_start(rest, flags);                                             \
        mode_t mode = va_arg(rest, mode_t);                                \
        va_end(rest);                                                      \
        return opened(real(path, flags, mode), path);                      \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "close");
    if (fd >= 0 && fd < MOST && names[fd]) {
        free(names[fd]);
        names[fd] = NULL;
    }
    return real(fd);
}

#define PWRITE(function, offset_type)                                                   \
    ssize_t function(int fd, const void *bytes, size_t length, offset_type offset) {    \
        ssize_t (*real)(int, const void *, size_t, offset_type) =                       \
            dlsym(RTLD_NEXT, #function);                                                \
        ssize_t done = real(fd, bytes, length, offset);                                 \
        if (done > 0 && known(fd)) {                                                    \
            say("W", names[fd], (long long)offset, (long long)done);                    \
            all(bytes, (size_t)done);                                                   \
        }                                                                               \
        return done;                                                                    \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t length) {
    set_up();
    off_t at = known(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = real_write(fd, bytes, length);
    if (done > 0 && known(fd)) {
        say("W", names[fd], (long long)at, (long long)done);
        all(bytes, (size_t)done);
    }
    return done;
}

#define TRUNCATE(function, offset_type)                                        \
    int function(int fd, offset_type length) {                                 \
        int (*real)(int, offset_type) = dlsym(RTLD_NEXT, #function);           \
        int done = real(fd, length);                                           \
        if (done == 0 && known(fd)) say("T", names[fd], (long long)length, -1); \
        return done;                                                           \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(function)                                           \
    int function(int fd) {                                       \
        int (*real)(int) = dlsym(RTLD_NEXT, #function);          \
        int done = real(fd);                                     \
        if (done == 0 && known(fd)) say("S", names[fd], 0, -1);  \
        return done;                                             \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
    int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
    int done = real(path);
    set_up();
    if (done == 0 && out >= 0 && wanted(path)) say("D", base(path), 0, -1);
    return done;
}
