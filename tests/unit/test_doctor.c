/* SPDX-License-Identifier: GPL-2.0-only */
/* What xmgm doctor says of machines and interfaces, a row for each finding,
 * and that it says nothing of those that are well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "xmgm/doctor/doctor.h"

/* The findings of one judgement. */
struct heard {
	size_t count;
	struct {
		enum doctor_level level;
		char about[16], text[512], remedy[128];
	} list[8];
};

static void on_find(void *arg, enum doctor_level level, const char *about,
		    const char *text, const char *remedy)
{
	struct heard *h = arg;

	assert_true(h->count < 8);
	h->list[h->count].level = level;
	snprintf(h->list[h->count].about, sizeof(h->list->about), "%s", about);
	snprintf(h->list[h->count].text, sizeof(h->list->text), "%s", text);
	snprintf(h->list[h->count].remedy, sizeof(h->list->remedy), "%s",
		 remedy ? remedy : "");
	h->count++;
}

static struct doctor_machine sound_machine(void)
{
	return (struct doctor_machine){.kernel = {6, 18, 44},
				       .btf = true,
				       .bpffs = true,
				       .jit = 1,
				       .cpus = 4};
}

static struct doctor_device sound_device(void)
{
	return (struct doctor_device){
		.name = "eth0",
		.driver = "igb",
		.up = true,
		.running = true,
		.multicast = true,
		.allmulti = true,
		.address = true,
		.mtu = 1500,
		.features_known = true,
		.features = 7,
		.rx_queues = 4,
		.rx_queues_max = 8,
		.tx_queues = 4,
		.rp_filter = 2,
		.xdp = DOCTOR_XDP_NATIVE,
		.plain = true,
	};
}

/* One thing is wrong, and this is said of it. */
struct machine_case {
	void (*spoil)(struct doctor_machine *m);
	enum doctor_level level;
	const char *text, *remedy;
};

static void m_old(struct doctor_machine *m)
{
	m->kernel[0] = 5;
	m->kernel[1] = 15;
	m->kernel[2] = 300;
}

static void m_overflow(struct doctor_machine *m)
{
	m->kernel[1] = 6;
	m->kernel[2] = 144;
}

static void m_btf(struct doctor_machine *m)
{
	m->btf = false;
}

static void m_jit(struct doctor_machine *m)
{
	m->jit = 0;
}

static void m_bpffs(struct doctor_machine *m)
{
	m->bpffs = false;
}

static void m_daemon(struct doctor_machine *m)
{
	m->daemons[0] = (struct doctor_daemon){"smcrouted", 77};
	m->daemon_count = 1;
	m->vif_count = 1;
}

static void m_vifs(struct doctor_machine *m)
{
	strcpy(m->vifs[0], "eth7");
	m->vif_count = 1;
}

static const struct machine_case machines[] = {
	{m_old, DOCTOR_WARNING, "older than", ""},
	{m_overflow, DOCTOR_NOTE, "CVE-2026-64355", ""},
	{m_btf, DOCTOR_WARNING, "no BTF", ""},
	{m_jit, DOCTOR_WARNING, "interpreted",
	 "sysctl -w net.core.bpf_jit_enable=1"},
	{m_bpffs, DOCTOR_NOTE, "BPF filesystem",
	 "mount -t bpf bpf /sys/fs/bpf"},
	{m_daemon, DOCTOR_NOTE, "smcrouted (process 77)", ""},
	{m_vifs, DOCTOR_NOTE, "first eth7", ""},
};

static void expect(const struct heard *h, enum doctor_level level,
		   const char *about, const char *text, const char *remedy)
{
	if (h->count != 1 || !strstr(h->list[0].text, text))
		fail_msg("'%s' wanted, %zu heard: %s", text, h->count,
			 h->count ? h->list[0].text : "");
	assert_int_equal(h->list[0].level, level);
	assert_string_equal(h->list[0].about, about);
	assert_string_equal(h->list[0].remedy, remedy);
}

static void test_each_thing_wrong_with_a_machine_is_said_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++) {
		struct doctor_machine m = sound_machine();
		struct heard h = {.count = 0};
		const struct doctor_sink sink = {&h, on_find};

		doctor_judge_machine(&m, &sink);
		assert_int_equal(h.count, 0);
		machines[i].spoil(&m);
		doctor_judge_machine(&m, &sink);
		expect(&h, machines[i].level, "machine", machines[i].text,
		       machines[i].remedy);
	}
}

/* The release that has the correction does not have the defect. */
static void test_the_first_corrected_release_is_not_accused(void **state)
{
	static const unsigned int well[][3] = {
		{6, 1, 178}, {6, 6, 145}, {6, 12, 96}, {6, 18, 39}, {7, 2, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(well) / sizeof(*well); i++) {
		struct doctor_machine m = sound_machine();
		struct heard h = {.count = 0};
		const struct doctor_sink sink = {&h, on_find};

		memcpy(m.kernel, well[i], sizeof(m.kernel));
		doctor_judge_machine(&m, &sink);
		assert_int_equal(h.count, 0);
	}
}

struct device_case {
	void (*spoil)(struct doctor_device *d);
	enum doctor_level level;
	const char *text, *remedy;
};

static void d_down(struct doctor_device *d)
{
	d->up = false;
	d->running = false;
}

static void d_carrier(struct doctor_device *d)
{
	d->running = false;
}

static void d_multicast(struct doctor_device *d)
{
	d->multicast = false;
}

static void d_address(struct doctor_device *d)
{
	d->address = false;
}

static void d_allmulti(struct doctor_device *d)
{
	d->allmulti = false;
}

static void d_peer(struct doctor_device *d)
{
	d->veth = true;
	strcpy(d->peer, "eth9");
	d->features = 1;
}

static void d_far_peer(struct doctor_device *d)
{
	d->veth = true;
	d->features = 1;
}

static void d_transmit(struct doctor_device *d)
{
	d->features = 3;
}

static void d_transmit_later(struct doctor_device *d)
{
	d->features = 3;
	d->xdp = DOCTOR_XDP_NONE;
}

static void d_no_xdp(struct doctor_device *d)
{
	d->features = 4;
}

static void d_generic(struct doctor_device *d)
{
	d->xdp = DOCTOR_XDP_GENERIC;
}

static void d_lro(struct doctor_device *d)
{
	d->lro = 1;
}

static void d_gro_hw(struct doctor_device *d)
{
	d->gro_hw = 1;
}

static void d_rxvlan(struct doctor_device *d)
{
	d->rxvlan = 1;
}

static void d_queues(struct doctor_device *d)
{
	d->rx_queues = 1;
}

static void d_rings(struct doctor_device *d)
{
	strcpy(d->driver, "i40e");
	d->tx_queues = 2;
}

static void d_filter(struct doctor_device *d)
{
	d->rp_filter = 1;
}

static void d_note(struct doctor_device *d)
{
	strcpy(d->driver, "mlx5_core");
}

static void d_own(struct doctor_device *d)
{
	d->plain = false;
}

static const struct device_case devices[] = {
	{d_down, DOCTOR_ERROR, "it is down", "ip link set dev eth0 up"},
	{d_carrier, DOCTOR_ERROR, "no carrier", ""},
	{d_multicast, DOCTOR_ERROR, "switched off",
	 "ip link set dev eth0 multicast on"},
	{d_address, DOCTOR_NOTE, "no IPv4 address",
	 "ip address add ADDRESS/LEN dev eth0"},
	{d_allmulti, DOCTOR_ERROR, "ALLMULTI",
	 "ip link set dev eth0 allmulticast on"},
	{d_peer, DOCTOR_WARNING, "its peer eth9 has neither",
	 "ethtool -K eth9 gro on"},
	{d_far_peer, DOCTOR_WARNING, "peer (in another namespace)",
	 "ethtool -K PEER gro on"},
	{d_transmit, DOCTOR_NOTE, "driver igb has no XDP transmit", ""},
	{d_transmit_later, DOCTOR_WARNING, "without an XDP program on it",
	 "xmgm attach eth0 --mode native"},
	{d_no_xdp, DOCTOR_WARNING, "driver igb has no XDP: what arrives", ""},
	{d_generic, DOCTOR_WARNING, "generic mode",
	 "xmgm detach eth0 && xmgm attach eth0 --mode native"},
	{d_lro, DOCTOR_WARNING, "LRO", "ethtool -K eth0 lro off"},
	{d_gro_hw, DOCTOR_WARNING, "hardware GRO",
	 "ethtool -K eth0 rx-gro-hw off"},
	{d_rxvlan, DOCTOR_WARNING, "VLAN tags", "ethtool -K eth0 rxvlan off"},
	{d_queues, DOCTOR_NOTE, "1 queue of 8", "ethtool -L eth0 combined 4"},
	{d_rings, DOCTOR_WARNING, "up to 2, the machine has 4",
	 "ethtool -L eth0 combined 4"},
	{d_filter, DOCTOR_NOTE, "rp_filter is strict",
	 "sysctl -w net.ipv4.conf.eth0.rp_filter=2"},
	{d_note, DOCTOR_NOTE, "10 ms", ""},
	{d_own, DOCTOR_NOTE, "its own MAC", ""},
};

static void test_each_thing_wrong_with_an_interface_is_said_alone(void **state)
{
	const struct doctor_machine m = sound_machine();

	(void)state;
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		struct doctor_device d = sound_device();
		struct heard h = {.count = 0};
		const struct doctor_sink sink = {&h, on_find};

		doctor_judge_device(&m, &d, &sink);
		assert_int_equal(h.count, 0);
		devices[i].spoil(&d);
		doctor_judge_device(&m, &d, &sink);
		expect(&h, devices[i].level, "eth0", devices[i].text,
		       devices[i].remedy);
	}
}

/* What is not known is not accused. */
static void test_a_kernel_that_does_not_tell_is_believed(void **state)
{
	const struct doctor_machine m = sound_machine();
	struct doctor_device d = sound_device();
	struct heard h = {.count = 0};
	const struct doctor_sink sink = {&h, on_find};

	(void)state;
	d.features_known = false;
	d.features = 0;
	d.lro = d.gro_hw = d.rxvlan = d.rp_filter = -1;
	d.rx_queues = d.rx_queues_max = d.tx_queues = 0;
	doctor_judge_device(&m, &d, &sink);
	assert_int_equal(h.count, 0);
}

static void test_mtus_that_differ_are_named_with_the_smallest(void **state)
{
	struct doctor_device d[3] = {sound_device(), sound_device(),
				     sound_device()};
	struct heard h = {.count = 0};
	const struct doctor_sink sink = {&h, on_find};

	(void)state;
	doctor_judge_together(d, 0, &sink);
	doctor_judge_together(d, 1, &sink);
	doctor_judge_together(d, 3, &sink);
	assert_int_equal(h.count, 0);
	d[2].mtu = 9000;
	strcpy(d[2].name, "eth2");
	strcpy(d[1].name, "eth1");
	d[1].mtu = 1400;
	doctor_judge_together(d, 3, &sink);
	expect(&h, DOCTOR_WARNING, "eth1", "that of eth2 is 9000",
	       "ip link set dev eth1 mtu 9000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_each_thing_wrong_with_a_machine_is_said_alone),
		cmocka_unit_test(
			test_the_first_corrected_release_is_not_accused),
		cmocka_unit_test(
			test_each_thing_wrong_with_an_interface_is_said_alone),
		cmocka_unit_test(test_a_kernel_that_does_not_tell_is_believed),
		cmocka_unit_test(
			test_mtus_that_differ_are_named_with_the_smallest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
