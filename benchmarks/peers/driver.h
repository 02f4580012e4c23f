/* driver.h - the loop of a driver in C or C++: workload names come in on standard input, one line of JSON goes out for
 * each. Drivers in other languages speak the same lines (README.md beside this file). One driver is one source file
 * that includes this once; it counts what the whole process asks of malloc. */
#pragma once

#include <malloc.h>
#include <string.h>
#include <time.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __cplusplus
#define PEER_NOTHROW noexcept
extern "C" {
#else
#define PEER_NOTHROW
#endif

/* glibc's own; defining malloc here makes every library of the process use these, so all are counted. */
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* pointer, size_t size);

static size_t allocation_calls;

void* malloc(size_t size) PEER_NOTHROW {
  ++allocation_calls;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) PEER_NOTHROW {
  ++allocation_calls;
  return __libc_calloc(count, size);
}
void* realloc(void* pointer, size_t size) PEER_NOTHROW {
  ++allocation_calls;
  return __libc_realloc(pointer, size);
}

#ifdef __cplusplus
}
#endif

typedef void (*step_function)(size_t parameter);

/* One batch: prepare is not timed; encrypt and decrypt are, each for itself; clean_up is not. All but encrypt may be
 * NULL. */
typedef struct {
  const char* name;
  size_t operations; /* in one batch */
  size_t parameter;  /* handed to every step: a length in bytes, or how many */
  step_function prepare;
  step_function encrypt;
  step_function decrypt;
  step_function clean_up;
} workload;

typedef struct {
  const char* peer;
  const char* version;
  const workload* workloads;
  size_t workload_count;
  void (*print_sizes)(void);         /* `"name": bytes, ...` without braces */
  step_function keep_sessions_alive; /* makes so many from the saved form, and keeps them */
} driver;

static double clock_us(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}
static double cpu_us(void) { return clock_us(CLOCK_PROCESS_CPUTIME_ID); } /* of all threads */
static double wall_us(void) { return clock_us(CLOCK_MONOTONIC); }

static void require(int condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "wrong behaviour: %s\n", what);
  exit(1);
}

static size_t resident_bytes(void) {
  unsigned long all = 0;
  unsigned long resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  require(file != NULL && fscanf(file, "%lu %lu", &all, &resident) == 2, "/proc/self/statm cannot be read");
  fclose(file);
  return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* callgrind counts what happens in here. */
__attribute__((noinline)) static double time_step(step_function step, size_t parameter) {
  const double begin = cpu_us();
  if (step != NULL) step(parameter);
  return cpu_us() - begin;
}

static void run_workload(const workload* w) {
  const double operations = (double)w->operations;
  if (w->prepare != NULL) w->prepare(w->parameter);
  const size_t calls_before = allocation_calls;
  const double begin = wall_us();
  const double encrypt = time_step(w->encrypt, w->parameter) / operations;
  const double decrypt = time_step(w->decrypt, w->parameter) / operations;
  const double wall = (wall_us() - begin) / operations;
  const double calls = (double)(allocation_calls - calls_before) / operations;
  if (w->clean_up != NULL) w->clean_up(w->parameter);
  printf("{\"workload\": \"%s\", \"operations\": %zu, \"us\": %.4f, ", w->name, w->operations, encrypt + decrypt);
  if (w->decrypt != NULL) printf("\"encrypt_us\": %.4f, \"decrypt_us\": %.4f, ", encrypt, decrypt);
  printf("\"wall_us\": %.4f, \"allocations\": %.3f}\n", wall, calls);
}

static void answer(const driver* d, const char* request) {
  for (size_t i = 0; i < d->workload_count; ++i) {
    if (strcmp(request, d->workloads[i].name) == 0) {
      run_workload(&d->workloads[i]);
      return;
    }
  }
  if (strcmp(request, "sizes") == 0) {
    printf("{\"sizes\": {");
    d->print_sizes();
    printf("}}\n");
  } else if (strncmp(request, "memory ", 7) == 0) {
    const size_t count = strtoul(request + 7, NULL, 10);
    require(count > 0, "memory needs a number of sessions");
    const size_t before = resident_bytes();
    d->keep_sessions_alive(count);
    printf("{\"session_bytes\": %.1f}\n", (double)(resident_bytes() - before) / (double)count);
  } else {
    printf("{\"error\": \"no such workload\"}\n");
  }
}

static int serve(const driver* d) {
  char line[256];
  printf("{\"peer\": \"%s\", \"version\": \"%s\", \"workloads\": [", d->peer, d->version);
  for (size_t i = 0; i < d->workload_count; ++i) printf("%s\"%s\"", i == 0 ? "" : ", ", d->workloads[i].name);
  printf("]}\n");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    answer(d, line);
    fflush(stdout);
  }
  return 0;
}
