/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An intrusive ordered index by a 32-bit key: a treap. It allocates nothing,
 * so inserting cannot fail. Used where entries are listed in order (groups,
 * sources of a group, interfaces of a group). Keys are unique; the caller
 * looks before it inserts.
 */
#ifndef XMGM_LIB_TREE_H
#define XMGM_LIB_TREE_H

#include <stddef.h>
#include <stdint.h>

struct tree_node {
	struct tree_node *left, *right;
	uint32_t key;
	uint32_t priority;
};

struct tree {
	struct tree_node *root;
	uint32_t seed; /* of the priorities: not derived from the keys */
};

#define tree_entry(node, type, member) \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

struct tree_node *tree_find(const struct tree *tree, uint32_t key);
/* The node with the smallest key that is at least `key`, or NULL. */
struct tree_node *tree_from(const struct tree *tree, uint32_t key);
/* The node after `node`; it need not be in the tree any more. */
struct tree_node *tree_after(const struct tree *tree,
			     const struct tree_node *node);
void tree_insert(struct tree *tree, struct tree_node *node, uint32_t key);
void tree_remove(struct tree *tree, struct tree_node *node);

#define tree_for_each(tree, node)                   \
	for ((node) = tree_from((tree), 0); (node); \
	     (node) = tree_after((tree), (node)))

#endif /* XMGM_LIB_TREE_H */
