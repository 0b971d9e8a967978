/* Faults in the calls by which a process reads and changes files: LD_PRELOAD puts these in front
 * of those of the C library, for Python and for the libraries that it loads alike.
 *
 * Calls on files below a folder are counted; the one of a given number fails, is cut in two, or
 * is the last that the process makes. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { CHANGE = 1, ROOM = 2, READ = 4, LOOK = 8 }; /* classes of calls, to be added up */
enum { COUNT, KILL, FAIL, FAIL_PATH };              /* what happens at the call of the number */

static int armed, classes, action, error_number, halve;
static long at, counted;
static char folder[PATH_MAX], faulty[PATH_MAX];
static time_t frozen;

void fault_arm(const char *below, int which, int what, long number, int error, int half, long now)
{
    snprintf(folder, sizeof folder, "%s", below);
    classes = which, action = what, at = number, error_number = error, halve = half;
    counted = 0, faulty[0] = 0, frozen = now;
    armed = 1;
}

void fault_disarm(void) { armed = 0; }
long fault_count(void) { return counted; }

#define REAL(name)                                                                              \
    (__extension__({                                                                            \
        static __typeof__(&name) real;                                                          \
        if (!real)                                                                              \
            real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                  \
        real;                                                                                   \
    }))

static int inside(const char *path)
{
    size_t n = strlen(folder);
    return armed && !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

static const char *absolute(int dir, const char *path, char *into)
{
    char name[64];
    ssize_t n;
    if (path[0] == '/')
        return path;
    if (dir == AT_FDCWD)
        snprintf(name, sizeof name, "/proc/self/cwd");
    else
        snprintf(name, sizeof name, "/proc/self/fd/%d", dir);
    n = readlink(name, into, PATH_MAX - 1);
    if (n < 0)
        return path;
    snprintf(into + n, PATH_MAX - n, "%s%s", *path ? "/" : "", path);
    return into;
}

/* Whether a call on a path is to fail, with errno set; HALF where it is to do half of its work. */
enum { PASS, STOP, HALF };
static int fault(int class, const char *path, int can_halve)
{
    long number;
    if (!armed || !(class & classes) || !inside(path))
        return PASS;
    number = __sync_add_and_fetch(&counted, 1);
    if (action == FAIL_PATH) {
        if (number == at && !faulty[0])
            snprintf(faulty, sizeof faulty, "%s", path);
        if (strcmp(faulty, path))
            return PASS;
    } else if (action == COUNT || number < at)
        return PASS;
    if (number == at && halve && can_halve)
        return HALF;
    if (action == KILL)
        kill(getpid(), SIGKILL);
    errno = error_number;
    return STOP;
}

static int fault_fd(int class, int fd, int can_halve)
{
    char path[PATH_MAX];
    const char *found;
    if (!armed || !(class & classes))
        return PASS;
    found = absolute(fd, "", path);
    return found == path ? fault(class, path, can_halve) : PASS;
}

static int fault_open(int dir, const char *path, int flags)
{
    char into[PATH_MAX];
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT;
    return armed ? fault(writes ? CHANGE | ROOM : LOOK, absolute(dir, path, into), 0) : PASS;
}

#define OPEN(name, dir, first, ...)                                                             \
    {                                                                                           \
        mode_t mode = 0;                                                                        \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                    \
            va_list rest;                                                                       \
            va_start(rest, flags);                                                              \
            mode = va_arg(rest, mode_t);                                                        \
            va_end(rest);                                                                       \
        }                                                                                       \
        return fault_open(dir, path, flags) ? -1 : REAL(name)(first __VA_ARGS__, flags, mode);  \
    }
int open(const char *path, int flags, ...) OPEN(open, AT_FDCWD, , path)
int open64(const char *path, int flags, ...) OPEN(open64, AT_FDCWD, , path)
int openat(int dir, const char *path, int flags, ...) OPEN(openat, dir, dir, , path)
int openat64(int dir, const char *path, int flags, ...) OPEN(openat64, dir, dir, , path)

DIR *opendir(const char *path)
{
    char into[PATH_MAX];
    if (armed && fault(LOOK, absolute(AT_FDCWD, path, into), 0))
        return NULL;
    return REAL(opendir)(path);
}

/* What may be read is asked, too: the answer is that of the calls which fail. */
int access(const char *path, int mode)
{
    char into[PATH_MAX];
    if (armed && faulty[0] && classes & LOOK && !strcmp(absolute(AT_FDCWD, path, into), faulty)) {
        errno = error_number;
        return -1;
    }
    return REAL(access)(path, mode);
}

#define WRITE(name, ...)                                                                        \
    {                                                                                           \
        int verdict = fault_fd(CHANGE | ROOM, fd, n > 1);                                       \
        ssize_t written;                                                                        \
        if (verdict == STOP)                                                                    \
            return -1;                                                                          \
        written = REAL(name)(fd, from, verdict == HALF ? n / 2 : n __VA_ARGS__);                \
        if (verdict == HALF && action == KILL)                                                  \
            kill(getpid(), SIGKILL);                                                            \
        return written;                                                                         \
    }
ssize_t write(int fd, const void *from, size_t n) WRITE(write)
ssize_t pwrite(int fd, const void *from, size_t n, off_t o) WRITE(pwrite, , o)
ssize_t pwrite64(int fd, const void *from, size_t n, off64_t o) WRITE(pwrite64, , o)

ssize_t read(int fd, void *to, size_t n)
{
    return fault_fd(READ, fd, 0) ? -1 : REAL(read)(fd, to, n);
}
ssize_t pread(int fd, void *to, size_t n, off_t o)
{
    return fault_fd(READ, fd, 0) ? -1 : REAL(pread)(fd, to, n, o);
}
ssize_t pread64(int fd, void *to, size_t n, off64_t o)
{
    return fault_fd(READ, fd, 0) ? -1 : REAL(pread64)(fd, to, n, o);
}

int close(int fd)
{
    int flags = armed && classes & (CHANGE | ROOM) ? fcntl(fd, F_GETFL) : -1;
    int stop = flags != -1 && flags & O_ACCMODE && fault_fd(CHANGE | ROOM, fd, 0);
    int number = errno, result = REAL(close)(fd);
    if (!stop)
        return result;
    errno = number;
    return -1;
}

#define CHANGES(class, name, path, ...)                                                         \
    {                                                                                           \
        char into[PATH_MAX];                                                                    \
        if (armed && fault(class, absolute(AT_FDCWD, path, into), 0))                           \
            return -1;                                                                          \
        return REAL(name)(__VA_ARGS__);                                                         \
    }
int rename(const char *from, const char *to) CHANGES(CHANGE | ROOM, rename, to, from, to)
int mkdir(const char *path, mode_t mode) CHANGES(CHANGE | ROOM, mkdir, path, path, mode)
int unlink(const char *path) CHANGES(action == KILL ? CHANGE : 0, unlink, path, path)
int chmod(const char *path, mode_t mode) CHANGES(action == KILL ? CHANGE : 0, chmod, path, path, mode)

int ftruncate(int fd, off_t n) { return fault_fd(CHANGE | ROOM, fd, 0) ? -1 : REAL(ftruncate)(fd, n); }
int ftruncate64(int fd, off64_t n)
{
    return fault_fd(CHANGE | ROOM, fd, 0) ? -1 : REAL(ftruncate64)(fd, n);
}

/* A disk that is full says so when it is asked. */
#define ROOM_OF(name)                                                                           \
    {                                                                                           \
        int result = REAL(name)(path, to);                                                      \
        if (inside(path) && action == FAIL && error_number == ENOSPC && counted >= at)          \
            to->f_bfree = to->f_bavail = 0;                                                     \
        return result;                                                                          \
    }
int statvfs(const char *path, struct statvfs *to) ROOM_OF(statvfs)
int statvfs64(const char *path, struct statvfs64 *to) ROOM_OF(statvfs64)

/* The time of day stands still, so that two runs leave the same bytes. */
int clock_gettime(clockid_t id, struct timespec *to)
{
    int result = REAL(clock_gettime)(id, to);
    if (armed && frozen && id == CLOCK_REALTIME)
        to->tv_sec = frozen, to->tv_nsec = 0;
    return result;
}
