/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An intrusive ordered index: a treap. It allocates nothing, so inserting
 * cannot fail. Used where entries are listed in order (groups, sources of a
 * group, interfaces of a group). Keys are unique; the caller looks before it
 * inserts. A key lies in the element, or wherever the element says.
 */
#ifndef XMGM_LIB_TREE_H
#define XMGM_LIB_TREE_H

#include <stddef.h>
#include <stdint.h>

struct tree_node {
	struct tree_node *left, *right;
};

/* How elements of a tree are found and ordered. */
struct tree_type {
	const void *(*key)(const struct tree_node *node);
	int (*compare)(const void *a, const void *b); /* as for qsort */
};

struct tree {
	struct tree_node *root;
	const struct tree_type *type;
};

#define tree_entry(node, type, member) \
	((type *)(void *)((char *)(node)-offsetof(type, member)))
#define tree_const_entry(node, type, member)                              \
	((const type *)(const void *)((const char *)(node)-offsetof(type, \
								    member)))

struct tree_node *tree_find(const struct tree *tree, const void *key);
struct tree_node *tree_first(const struct tree *tree);
/* The node with the smallest key that is at least, or greater than, `key`. */
struct tree_node *tree_from(const struct tree *tree, const void *key);
struct tree_node *tree_behind(const struct tree *tree, const void *key);
/* The node after `node`; it need not be in the tree any more. */
struct tree_node *tree_after(const struct tree *tree,
			     const struct tree_node *node);
void tree_insert(struct tree *tree, struct tree_node *node);
void tree_remove(struct tree *tree, struct tree_node *node);

/* Keys of 32 bits, in host order. */
int tree_compare_u32(const void *a, const void *b);

#define tree_for_each(tree, node)                 \
	for ((node) = tree_first((tree)); (node); \
	     (node) = tree_after((tree), (node)))

#endif /* XMGM_LIB_TREE_H */
