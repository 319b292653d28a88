/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread that waits for the kernel, so that the event loop does not: it
 * puts empty devmaps into slots (a grace period for a whole batch) and waits
 * out grace periods for sets that are to be emptied. It touches only what is
 * under its lock; finished work is announced by an eventfd.
 */
#include "bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/membarrier.h>

#include <bpf/bpf.h>

#include "lib/log.h"

static struct set *set_new(uint32_t slot, uint32_t size_class)
{
	struct set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->id = slot;
	set->size_class = size_class;
	set->fd = devmap_make(1u << size_class);
	if (set->fd < 0) {
		free(set);
		return NULL;
	}
	return set;
}

int sets_make(struct plane_bpf *p, struct set_list *list,
	      const struct set_order *orders, uint32_t count)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t keys[POOL_BATCH] = {0}, done;
	struct set *made[POOL_BATCH];
	int fds[POOL_BATCH] = {0};
	uint32_t n = 0;
	int err;

	while (n < count && n < POOL_BATCH) {
		made[n] = set_new(orders[n].slot, orders[n].size_class);
		if (!made[n])
			break;
		keys[n] = orders[n].slot;
		fds[n] = made[n]->fd;
		n++;
	}
	if (!n)
		return -errno;
	done = n;
	err = bpf_map_update_batch(p->in.map[MAP_oif_sets], keys, fds, &done,
				   &opts);
	for (uint32_t i = 0; i < n; i++) {
		if (i < done) {
			TAILQ_INSERT_TAIL(list, made[i], link);
		} else {
			close(made[i]->fd);
			free(made[i]);
		}
	}
	return err;
}

/*
 * Returns when no program that started before can still be running. Where
 * membarrier is not allowed, updating a map of maps waits as well.
 */
static void wait_grace_period(struct plane_bpf *p)
{
	struct set_list made = TAILQ_HEAD_INITIALIZER(made);
	static const struct set_order order = {XMGM_SET_NONE, 0};
	uint32_t slot = XMGM_SET_NONE;
	struct set *set;

	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		return;
	sets_make(p, &made, &order, 1);
	set = TAILQ_FIRST(&made);
	if (!set)
		return;
	bpf_map_delete_elem(p->in.map[MAP_oif_sets], &slot);
	close(set->fd);
	free(set);
}

static void announce(struct set_worker *w)
{
	uint64_t one = 1;

	if (write(w->event_fd, &one, sizeof(one)) < 0)
		log_debug("eventfd: %s", strerror(errno));
}

static void do_fill(struct plane_bpf *p)
{
	struct set_worker *w = &p->sets.worker;
	struct set_list made = TAILQ_HEAD_INITIALIZER(made);
	struct set_order orders[POOL_BATCH];
	uint32_t count = w->job_fill_count;
	int err;

	memcpy(orders, w->job_fill, count * sizeof(*orders));
	pthread_mutex_unlock(&w->lock);
	err = sets_make(p, &made, orders, count);
	if (err)
		log_warn("cannot make oif sets: %s", strerror(-err));
	pthread_mutex_lock(&w->lock);
	w->job_fill_count = 0;
	TAILQ_CONCAT(&w->done_fill, &made, link);
	announce(w);
}

static void do_grace(struct plane_bpf *p)
{
	struct set_worker *w = &p->sets.worker;

	pthread_mutex_unlock(&w->lock);
	wait_grace_period(p);
	pthread_mutex_lock(&w->lock);
	w->job_grace = false;
	w->done_grace = true;
	announce(w);
}

static void *worker_main(void *arg)
{
	struct plane_bpf *p = arg;
	struct set_worker *w = &p->sets.worker;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		if (w->job_fill_count) {
			do_fill(p);
		} else if (w->job_grace) {
			do_grace(p);
		} else {
			pthread_cond_wait(&w->wake, &w->lock);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int worker_start(struct plane_bpf *p)
{
	struct set_worker *w = &p->sets.worker;
	int err;

	if (w->running)
		return 0;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	err = -pthread_create(&w->thread, NULL, worker_main, p);
	w->running = !err;
	return err;
}

void worker_stop(struct plane_bpf *p)
{
	struct set_worker *w = &p->sets.worker;
	struct set *set;

	if (!w->running)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->running = false;
	while ((set = TAILQ_FIRST(&w->done_fill))) {
		TAILQ_REMOVE(&w->done_fill, set, link);
		close(set->fd);
		free(set);
	}
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->wake);
}
