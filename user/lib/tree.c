/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See tree.h. A node's priority is made from where it lies in memory, so it
 * takes no place in it, and a host that chooses its groups and sources cannot
 * choose the tree's shape.
 */
#include "lib/tree.h"

/* One to one and well mixed: no two nodes have the same. */
static uint64_t priority(const struct tree_node *node)
{
	uint64_t x = (uintptr_t)node;

	x = (x ^ x >> 32) * 0x9e3779b97f4a7c15u;
	return (x ^ x >> 29) * 0xbf58476d1ce4e5b9u;
}

static int compare(const struct tree *tree, const void *key,
		   const struct tree_node *node)
{
	return tree->type->compare(key, tree->type->key(node));
}

struct tree_node *tree_find(const struct tree *tree, const void *key)
{
	struct tree_node *node = tree->root;
	int order;

	while (node && (order = compare(tree, key, node)))
		node = order < 0 ? node->left : node->right;
	return node;
}

struct tree_node *tree_first(const struct tree *tree)
{
	struct tree_node *node = tree->root;

	while (node && node->left)
		node = node->left;
	return node;
}

/* The smallest whose order to the key is at most `limit`. */
static struct tree_node *from(const struct tree *tree, const void *key,
			      int limit)
{
	struct tree_node *node = tree->root, *best = NULL;

	while (node) {
		if (compare(tree, key, node) < limit) {
			best = node;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return best;
}

struct tree_node *tree_from(const struct tree *tree, const void *key)
{
	return from(tree, key, 1);
}

struct tree_node *tree_behind(const struct tree *tree, const void *key)
{
	return from(tree, key, 0);
}

struct tree_node *tree_after(const struct tree *tree,
			     const struct tree_node *node)
{
	return tree_behind(tree, tree->type->key(node));
}

void tree_insert(struct tree *tree, struct tree_node *node)
{
	struct tree_node **at = &tree->root, **left, **right, *rest;
	const void *key = tree->type->key(node);

	while (*at && priority(*at) > priority(node))
		at = compare(tree, key, *at) < 0 ? &(*at)->left : &(*at)->right;
	rest = *at;
	*at = node;
	left = &node->left;
	right = &node->right;
	while (rest) {
		if (compare(tree, key, rest) > 0) {
			*left = rest;
			left = &rest->right;
			rest = rest->right;
		} else {
			*right = rest;
			right = &rest->left;
			rest = rest->left;
		}
	}
	*left = NULL;
	*right = NULL;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
	struct tree_node **at = &tree->root;
	struct tree_node *a = node->left, *b = node->right;
	const void *key = tree->type->key(node);

	while (*at != node)
		at = compare(tree, key, *at) < 0 ? &(*at)->left : &(*at)->right;
	while (a && b) {
		if (priority(a) > priority(b)) {
			*at = a;
			at = &a->right;
			a = a->right;
		} else {
			*at = b;
			at = &b->left;
			b = b->left;
		}
	}
	*at = a ? a : b;
}

int tree_compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}
