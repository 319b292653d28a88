/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See tree.h. Priorities come from a counter of the tree's own, so a host
 * that chooses its groups and sources cannot choose the tree's shape.
 */
#include "lib/tree.h"

static uint32_t next_priority(struct tree *tree)
{
	uint32_t x = tree->seed ? tree->seed : 0x9e3779b9u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	tree->seed = x;
	return x;
}

struct tree_node *tree_find(const struct tree *tree, uint32_t key)
{
	struct tree_node *node = tree->root;

	while (node && node->key != key)
		node = key < node->key ? node->left : node->right;
	return node;
}

struct tree_node *tree_from(const struct tree *tree, uint32_t key)
{
	struct tree_node *node = tree->root, *best = NULL;

	while (node) {
		if (node->key >= key) {
			best = node;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return best;
}

struct tree_node *tree_after(const struct tree *tree,
			     const struct tree_node *node)
{
	return node->key == UINT32_MAX ? NULL : tree_from(tree, node->key + 1);
}

void tree_insert(struct tree *tree, struct tree_node *node, uint32_t key)
{
	struct tree_node **at = &tree->root, **left, **right, *rest;

	node->key = key;
	node->priority = next_priority(tree);
	while (*at && (*at)->priority >= node->priority)
		at = key < (*at)->key ? &(*at)->left : &(*at)->right;
	rest = *at;
	*at = node;
	left = &node->left;
	right = &node->right;
	while (rest) {
		if (rest->key < key) {
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

	while (*at != node)
		at = node->key < (*at)->key ? &(*at)->left : &(*at)->right;
	while (a && b) {
		if (a->priority > b->priority) {
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
