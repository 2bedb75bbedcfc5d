//go:build ignore

// The matrix products of OpenBLAS as a co-process of a benchmark, and the FMA roof of the processor.
//
// Build with Debian's libopenblas-dev (libopenblas-pthread-dev or libopenblas-openmp-dev choose its threads):
//
//	gcc -O2 -march=native -o openblas openblas.c -lopenblas
//
// With only the library (libopenblas0) there: replace -lopenblas by -l:libopenblas.so.0. OPENBLAS_CORETYPE chooses
// the kernels of another processor; unset, OpenBLAS takes what it thinks best for this one. Its choice is printed.
//
//	openblas roof                             FMA peak of one thread in GFLOP/s: avx512 and avx2, float32 and float64
//	openblas shape M N K FORM DTYPE THREADS…  seconds of each product, one JSON object a line
//	openblas                                  answers lines, after one of its own about itself
//
// C [M N] = A·B, row-major; FORM is NN, NT (B transposed) or TN (A transposed); DTYPE is float32 or float64. The line
// "M N K FORM DTYPE THREADS REPS CALLS" is answered by the least seconds of a call in REPS samples of CALLS calls, the
// line "roof" by the FMA peak. A product of one row is also tried as a matrix-vector
// product, and the faster of the two counts.
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { RowMajor = 101, NoTrans = 111, Trans = 112 }; // of cblas.h

void cblas_sgemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
void cblas_dgemm(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
void cblas_sgemv(int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
void cblas_dgemv(int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
void openblas_set_num_threads(int);
void omp_set_num_threads(int) __attribute__((weak)); // of the OpenMP build, which asks OpenMP before each product
char *openblas_get_corename(void);
char *openblas_get_config(void);

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void *random_matrix(long n, int is_double)
{
	void *p = NULL;
	size_t size = (size_t)n * (is_double ? 8 : 4);
	if (posix_memalign(&p, size < 4 << 20 ? 64 : 2 << 20, size) != 0)
		exit(1);
	if (size >= 4 << 20)
		madvise(p, size, MADV_HUGEPAGE); // as package tensor does
	for (long i = 0; i < n; i++) {
		double x = rand() / (double)RAND_MAX - 0.5;
		if (is_double)
			((double *)p)[i] = x;
		else
			((float *)p)[i] = (float)x;
	}
	return p;
}

struct product {
	int m, n, k, ta, tb, is_double;
	void *a, *b, *c;
};

static void gemm(const struct product *p)
{
	int lda = p->ta == Trans ? p->m : p->k, ldb = p->tb == Trans ? p->k : p->n;
	if (p->is_double)
		cblas_dgemm(RowMajor, p->ta, p->tb, p->m, p->n, p->k, 1, p->a, lda, p->b, ldb, 0, p->c, p->n);
	else
		cblas_sgemm(RowMajor, p->ta, p->tb, p->m, p->n, p->k, 1, p->a, lda, p->b, ldb, 0, p->c, p->n);
}

static void gemv(const struct product *p) // c = Bᵀ·a, or B·a
{
	int transposed = p->tb == Trans;
	int rows = transposed ? p->n : p->k, cols = transposed ? p->k : p->n;
	int t = transposed ? NoTrans : Trans;
	if (p->is_double)
		cblas_dgemv(RowMajor, t, rows, cols, 1, p->b, cols, p->a, 1, 0, p->c, 1);
	else
		cblas_sgemv(RowMajor, t, rows, cols, 1, p->b, cols, p->a, 1, 0, p->c, 1);
}

static double least(void (*f)(const struct product *), const struct product *p, int reps, int calls)
{
	double best = 1e30;
	f(p);
	for (int r = 0; r < reps; r++) {
		double t = now();
		for (int i = 0; i < calls; i++)
			f(p);
		t = (now() - t) / calls;
		if (t < best)
			best = t;
	}
	return best;
}

// The matrices of the last product are kept, so that rounds of one shape find the same memory.
static double measure(int m, int n, int k, const char *form, const char *dtype, int threads, int reps, int calls)
{
	static struct product p;
	static char key[128];
	char want[128];
	snprintf(want, sizeof want, "%d %d %d %s %s", m, n, k, form, dtype);
	if (strcmp(key, want) != 0) {
		free(p.a), free(p.b), free(p.c);
		p.m = m, p.n = n, p.k = k, p.is_double = strcmp(dtype, "float64") == 0;
		p.ta = form[0] == 'T' ? Trans : NoTrans, p.tb = form[1] == 'T' ? Trans : NoTrans;
		p.a = random_matrix((long)m * k, p.is_double);
		p.b = random_matrix((long)k * n, p.is_double);
		p.c = random_matrix((long)m * n, p.is_double);
		strcpy(key, want);
	}
	openblas_set_num_threads(threads);
	if (omp_set_num_threads)
		omp_set_num_threads(threads);
	double t = least(gemm, &p, reps, calls);
	if (m == 1) {
		double v = least(gemv, &p, reps, calls);
		if (v < t)
			t = v;
	}
	return t;
}

// ROOF runs chains of FMAs that wait for nothing but each other, and returns the most GFLOP/s. Each register holds a
// chain; twelve are more than the latency asks for.
#define ROOF(name, isa, vector, set1, fmadd, lanes)                                                            \
	__attribute__((target(isa))) static double roof_##name(void)                                           \
	{                                                                                                      \
		double best = 0;                                                                               \
		for (int rep = 0; rep < 300; rep++) {                                                          \
			vector x = set1(0.5), s0 = set1(1), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;      \
			vector s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;                         \
			double t = now();                                                                      \
			for (int n = 0; n < 5000; n++) {                                                       \
				s0 = fmadd(s0, x, x), s1 = fmadd(s1, x, x), s2 = fmadd(s2, x, x);              \
				s3 = fmadd(s3, x, x), s4 = fmadd(s4, x, x), s5 = fmadd(s5, x, x);              \
				s6 = fmadd(s6, x, x), s7 = fmadd(s7, x, x), s8 = fmadd(s8, x, x);              \
				s9 = fmadd(s9, x, x), s10 = fmadd(s10, x, x), s11 = fmadd(s11, x, x);          \
				__asm__ volatile("" : "+v"(s0), "+v"(s1), "+v"(s2), "+v"(s3), "+v"(s4), "+v"(s5)); \
				__asm__ volatile("" : "+v"(s6), "+v"(s7), "+v"(s8), "+v"(s9), "+v"(s10), "+v"(s11)); \
			}                                                                                      \
			t = now() - t;                                                                         \
			double rate = 2.0 * lanes * 12 * 5000 / t * 1e-9;                                      \
			if (rate > best)                                                                       \
				best = rate;                                                                   \
		}                                                                                              \
		return best;                                                                                   \
	}

ROOF(avx2_32, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps, 8)
ROOF(avx2_64, "avx2,fma", __m256d, _mm256_set1_pd, _mm256_fmadd_pd, 4)
ROOF(avx512_32, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps, 16)
ROOF(avx512_64, "avx512f", __m512d, _mm512_set1_pd, _mm512_fmadd_pd, 8)

static void roof(void)
{
	double a = 0, b = 0;
	if (__builtin_cpu_supports("avx512f"))
		a = roof_avx512_32(), b = roof_avx512_64();
	printf("{\"avx512\": {\"float32\": %.1f, \"float64\": %.1f}, \"avx2\": {\"float32\": %.1f, \"float64\": %.1f}}\n", a, b,
	       roof_avx2_32(), roof_avx2_64());
}

static int calls_for(double seconds) { return seconds > 2e-5 ? 1 : (int)(2e-5 / seconds) + 1; }

static void shape(int argc, char **argv)
{
	int threads = atoi(argv[argc - 1]);
	for (int i = 2; i + 5 < argc; i += 5) {
		int m = atoi(argv[i]), n = atoi(argv[i + 1]), k = atoi(argv[i + 2]);
		double t = measure(m, n, k, argv[i + 3], argv[i + 4], threads, 3, 1);
		int reps = t > 0.1 ? 3 : t > 1e-3 ? 20 : 300;
		t = measure(m, n, k, argv[i + 3], argv[i + 4], threads, reps, calls_for(t));
		printf("{\"m\": %d, \"n\": %d, \"k\": %d, \"form\": \"%s\", \"dtype\": \"%s\", \"threads\": %d, \"seconds\": %.4g, \"gflops\": %.1f}\n",
		       m, n, k, argv[i + 3], argv[i + 4], threads, t, 2e-9 * m * n * k / t);
	}
}

static void serve(void)
{
	int m, n, k, threads, reps, calls;
	char form[8], dtype[16], line[256];
	printf("%s, core %s\n", openblas_get_config(), openblas_get_corename());
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		if (strncmp(line, "roof", 4) == 0) {
			roof();
		} else if (sscanf(line, "%d %d %d %7s %15s %d %d %d", &m, &n, &k, form, dtype, &threads, &reps, &calls) == 8) {
			printf("%.9g\n", measure(m, n, k, form, dtype, threads, reps, calls));
		} else {
			fprintf(stderr, "openblas: cannot read %s", line);
			exit(2);
		}
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "roof") == 0) {
		roof();
	} else if (argc > 1 && strcmp(argv[1], "shape") == 0) {
		printf("# %s, %s\n", openblas_get_config(), openblas_get_corename());
		shape(argc, argv);
	} else {
		serve();
	}
	return 0;
}
