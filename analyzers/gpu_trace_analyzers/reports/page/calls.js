// Which function called which, and in how many samples?

export class Calls {
  // Of one thread: its functions, each with what it called, the most samples first, and the samples left of it.
  constructor(thread, texts) {
    Object.assign(this, { thread, texts, total: thread.total });
    this.all = { i: -1, depth: 0, left: 0, samples: thread.total, own: thread.unread, name: "all samples", called: [] };
    const nodes = thread.caller.map((_, i) => this.node(i));
    for (const node of nodes) (nodes[thread.caller[node.i]] || this.all).called.push(node);
    place(this.all);
    nodes.forEach(place);  // a caller stands before what it called
  }

  node(i) {
    const { name, file, line, samples, own, of_user } = this.thread;
    return { i, name: this.texts[name[i]], file: this.texts[file[i]], line: line[i], samples: samples[i], own: own[i],
      ofUser: of_user[i] === 1, called: [] };
  }

  // Samples with a text in their stacks, below a function; what is called inside one that has it counts with that.
  matching(text, node = this.all) {
    if (has(node, text)) return node.samples;
    return node.called.reduce((sum, each) => sum + this.matching(text, each), 0);
  }
}

// Whether a function, or its file, has a text in its name.
export const has = (node, text) => text !== "" && node.i >= 0 &&
  (node.name + " " + node.file).toLowerCase().includes(text);

function place(caller) {
  caller.called.sort((a, b) => b.samples - a.samples);
  let left = caller.left;
  for (const each of caller.called) {
    Object.assign(each, { caller, left, depth: caller.depth + 1 });
    left += each.samples;
  }
}
