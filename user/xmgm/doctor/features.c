/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The XDP features that a driver reports (the netdev family of generic
 * netlink, Linux 6.3 and later), asked for once and waited for.
 */
#include "xmgm/doctor/doctor.h"

#include <errno.h>
#include <sys/socket.h>
#include <linux/genetlink.h>

#include <libmnl/libmnl.h>

/* include/uapi/linux/netdev.h, which is younger than the headers of
 * distributions we build on. */
#define NETDEV_FAMILY	      "netdev"
#define NETDEV_CMD_DEV_GET    1
#define NETDEV_A_DEV_IFINDEX  1
#define NETDEV_A_DEV_FEATURES 3

struct question {
	struct mnl_socket *socket;
	_Alignas(8) char buffer[4096];
};

static struct genlmsghdr *question_begin(struct question *q, uint16_t family,
					 uint8_t command)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(q->buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = 1;
	return genl;
}

/* Sends what is in the buffer; the answers go to each. */
static int question_ask(struct question *q, mnl_cb_t each, void *arg)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)q->buffer;
	int more = MNL_CB_OK;

	if (mnl_socket_sendto(q->socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (more > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(q->socket, q->buffer,
						  sizeof(q->buffer));

		if (len < 0)
			return -errno;
		more = mnl_cb_run(q->buffer, (size_t)len, 0, 0, each, arg);
	}
	return more < 0 ? -errno : 0;
}

static int on_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;
	uint16_t *family = arg;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    !mnl_attr_validate(attr, MNL_TYPE_U16))
			*family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int on_device(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;
	uint64_t *features = arg;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == NETDEV_A_DEV_FEATURES &&
		    !mnl_attr_validate(attr, MNL_TYPE_U64))
			*features = mnl_attr_get_u64(attr);
	return MNL_CB_OK;
}

static int ask_features(struct question *q, uint32_t ifindex,
			uint64_t *features)
{
	uint16_t family = 0;
	int err;

	if (mnl_socket_bind(q->socket, 0, MNL_SOCKET_AUTOPID))
		return -errno;
	question_begin(q, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz((struct nlmsghdr *)q->buffer, CTRL_ATTR_FAMILY_NAME,
			  NETDEV_FAMILY);
	err = question_ask(q, on_family, &family);
	if (err || !family)
		return -EOPNOTSUPP;
	question_begin(q, family, NETDEV_CMD_DEV_GET);
	mnl_attr_put_u32((struct nlmsghdr *)q->buffer, NETDEV_A_DEV_IFINDEX,
			 ifindex);
	return question_ask(q, on_device, features);
}

int doctor_features_read(uint32_t ifindex, uint64_t *features)
{
	struct question q;
	int err;

	q.socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!q.socket)
		return -errno;
	*features = 0;
	err = ask_features(&q, ifindex, features);
	mnl_socket_close(q.socket);
	return err;
}
