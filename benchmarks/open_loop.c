/* An open-loop load generator: requests become due at random instants of a given mean rate (a Poisson process), whether
 * or not the server keeps up, and a request's latency counts from the instant it was due. So a server that stalls is
 * charged for all that had to wait ("coordinated omission" is impossible). With rate 0 it is a closed loop: each
 * connection sends its next request when its answer is there.
 *
 *   open_loop PORT RATE SECONDS CONNECTIONS REQUESTS EXPECTED
 *
 * With 0 SECONDS (and rate 0) every request is sent once, and that is all.
 *
 * REQUESTS is a file as asked.py writes it. An answer must have a status of 2xx and, unless EXPECTED is empty, that text
 * in it; otherwise it counts as an error. Prints one line of JSON: rate, errors, percentiles of the latency in µs.
 * One thread, loopback only, no pipelining; it spins, so it wants a core of its own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX 65536
#define DUE_MAX (1u << 20)
#define DRAIN_NS 2000000000ull
#define ONCE_S_MAX 600

struct request { const char *bytes; size_t length; };

struct connection {
    int fd;
    uint64_t due_ns;                /* of the request under way; 0: idle */
    const struct request *request;
    size_t sent, received, head_length, total;
    char answer[ANSWER_BYTES_MAX + 1];
};

static struct request *requests;
static size_t request_count, next_request, begun;
static struct connection *connections;
static int *idle, idle_count;
/* Requests that are due and have no connection yet. */
static uint64_t due[DUE_MAX];
static uint32_t due_first, due_count;
static uint32_t *latencies_us;
static size_t done, latencies_max, errors;
static uint64_t measure_from_ns;
static const char *expected;

static void fail(const char *what) { perror(what); exit(1); }

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static double uniform(void) {       /* xorshift64*: the same arrivals in every run */
    static uint64_t state = 88172645463325252ull;
    state ^= state >> 12; state ^= state << 25; state ^= state >> 27;
    return (double)((state * 2685821657736338717ull) >> 11) / 9007199254740992.0;
}

static void read_requests(const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat info;
    if (!file || fstat(fileno(file), &info)) fail(path);
    char *all = malloc((size_t)info.st_size + 1);
    if (!all || fread(all, 1, (size_t)info.st_size, file) != (size_t)info.st_size) fail(path);
    fclose(file);
    all[info.st_size] = 0;
    size_t room = 0;
    for (char *at = all, *end = all + info.st_size; at < end;) {
        char *bytes;
        size_t length = strtoul(at, &bytes, 10);
        if (request_count == room) {
            room = room ? 2 * room : 1024;
            requests = realloc(requests, room * sizeof *requests);
            if (!requests) fail("memory");
        }
        requests[request_count++] = (struct request){bytes + 1, length};
        at = bytes + 1 + length;
    }
    if (!request_count) { fprintf(stderr, "%s: no requests\n", path); exit(1); }
}

static void send_some(struct connection *c) {
    while (c->sent < c->request->length) {
        ssize_t n = send(c->fd, c->request->bytes + c->sent, c->request->length - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) fail("send");
        c->sent += (size_t)n;
    }
}

static void begin(struct connection *c, uint64_t due_ns) {
    begun++;
    c->due_ns = due_ns;
    c->request = &requests[next_request];
    next_request = (next_request + 1) % request_count;
    c->sent = c->received = c->head_length = 0;
    send_some(c);
}

static void finish(struct connection *c, uint64_t now) {
    c->answer[c->received] = 0;
    int right = c->answer[9] == '2' && (!*expected || memmem(c->answer, c->received, expected, strlen(expected)));
    if (c->due_ns >= measure_from_ns) {
        if (!right && !errors) fprintf(stderr, "the first wrong answer: %.300s\n", c->answer);
        errors += !right;
        if (done < latencies_max) latencies_us[done++] = (uint32_t)((now - c->due_ns) / 1000);
    }
    c->due_ns = 0;
}

/* Whether the answer is whole. */
static int receive_some(struct connection *c) {
    for (;;) {
        ssize_t n = recv(c->fd, c->answer + c->received, ANSWER_BYTES_MAX - c->received, 0);
        if (n < 0 && errno == EAGAIN) return 0;
        if (n <= 0) { fprintf(stderr, "the server closed a connection\n"); exit(1); }
        c->received += (size_t)n;
        if (!c->head_length) {
            char *end = memmem(c->answer, c->received, "\r\n\r\n", 4);
            if (!end) continue;
            c->head_length = (size_t)(end - c->answer) + 4;
            c->answer[c->received] = 0;
            char *field = strcasestr(c->answer, "\r\ncontent-length:");
            c->total = c->head_length + (field && field < end ? strtoul(field + 17, 0, 10) : 0);
        }
        if (c->received >= c->total) return 1;
        if (c->received == ANSWER_BYTES_MAX) { fprintf(stderr, "an answer is too long\n"); exit(1); }
    }
}

static void connect_all(int epoll, int port, int count) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connections = calloc((size_t)count, sizeof *connections);
    idle = calloc((size_t)count, sizeof *idle);
    if (!connections || !idle) fail("memory");
    for (int i = 0; i < count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        connections[i].fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
        idle[idle_count++] = i;
    }
}

static int in_order(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static unsigned percentile(double which) {
    return done ? latencies_us[(size_t)fmin((double)done - 1, (double)done * which)] : 0;
}

int main(int argc, char **argv) {
    if (argc != 7) { fprintf(stderr, "open_loop PORT RATE SECONDS CONNECTIONS REQUESTS EXPECTED\n"); return 2; }
    double rate = atof(argv[2]), seconds = atof(argv[3]);
    int count = atoi(argv[4]), epoll = epoll_create1(0);
    expected = argv[6];
    read_requests(argv[5]);
    connect_all(epoll, atoi(argv[1]), count);
    int once = seconds <= 0;
    if (once) seconds = ONCE_S_MAX;
    latencies_max = once ? request_count : (size_t)((rate > 0 ? rate * 1.2 : 1e6) * seconds) + 1000;
    latencies_us = malloc(latencies_max * sizeof *latencies_us);
    struct epoll_event *events = calloc((size_t)count, sizeof *events);
    if (!latencies_us || !events) fail("memory");

    uint64_t start = now_ns(), stop = start + (uint64_t)(seconds * 1e9);
    /* The first fifth (a second at most) warms up and is not counted. */
    measure_from_ns = once ? start : start + (uint64_t)(fmin(seconds / 5, 1.0) * 1e9);
    double due_at = (double)start;
    uint64_t now = start, last = start;
    while (now < stop || ((due_count || idle_count < count) && now < stop + DRAIN_NS)) {
        if (rate > 0) {
            for (; due_at <= (double)now && due_at < (double)stop; due_at += -log(1 - uniform()) * 1e9 / rate) {
                if (due_count == DUE_MAX) { fprintf(stderr, "the server is a million requests behind\n"); return 1; }
                due[(due_first + due_count++) % DUE_MAX] = (uint64_t)due_at;
            }
            for (; due_count && idle_count; due_count--, due_first = (due_first + 1) % DUE_MAX)
                begin(&connections[idle[--idle_count]], due[due_first]);
        } else {
            if (once && begun >= request_count && stop > now) stop = now;
            while (idle_count && now < stop && (!once || begun < request_count)) begin(&connections[idle[--idle_count]], now);
        }
        int ready = epoll_wait(epoll, events, count, 0);
        now = now_ns();
        for (int i = 0; i < ready; i++) {
            struct connection *c = &connections[events[i].data.u32];
            if (receive_some(c)) {
                finish(c, now);
                last = now;
                idle[idle_count++] = (int)events[i].data.u32;
            }
        }
        for (int i = 0; i < count; i++)
            if (connections[i].due_ns && connections[i].sent < connections[i].request->length) send_some(&connections[i]);
    }
    size_t unanswered = due_count + (size_t)(count - idle_count);
    qsort(latencies_us, done, sizeof *latencies_us, in_order);
    printf("{\"answers\": %zu, \"errors\": %zu, \"rate\": %.1f, \"p50_us\": %u, \"p90_us\": %u, \"p99_us\": %u, "
           "\"p999_us\": %u, \"max_us\": %u}\n",
           done, errors + unanswered, (double)done * 1e9 / (double)(last - measure_from_ns), percentile(0.50),
           percentile(0.90), percentile(0.99), percentile(0.999), percentile(1));
    return 0;
}
