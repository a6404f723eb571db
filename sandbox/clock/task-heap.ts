/** A task that waits for its time. `cancelled` tasks are skipped when they come up. */
export interface ScheduledTask {
  due: number;
  order: number;
  cancelled: boolean;
  run: (due: number) => void;
}

/** A binary min-heap by due time; tasks due at the same moment leave in the order they came. */
export class TaskHeap {
  readonly #tasks: ScheduledTask[] = [];

  get size(): number {
    return this.#tasks.length;
  }

  peek(): ScheduledTask | undefined {
    return this.#tasks[0];
  }

  push(task: ScheduledTask): void {
    const tasks = this.#tasks;
    let index = tasks.length;
    tasks.push(task);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = tasks[parentIndex];
      if (parent === undefined || !comesBefore(task, parent)) break;
      tasks[index] = parent;
      index = parentIndex;
    }
    tasks[index] = task;
  }

  pop(): ScheduledTask | undefined {
    const tasks = this.#tasks;
    const first = tasks[0];
    const last = tasks.pop();
    if (first === undefined || last === undefined || tasks.length === 0) return first;
    let index = 0;
    for (;;) {
      let childIndex = index * 2 + 1;
      let child = tasks[childIndex];
      if (child === undefined) break;
      const right = tasks[childIndex + 1];
      if (right !== undefined && comesBefore(right, child)) {
        child = right;
        childIndex += 1;
      }
      if (!comesBefore(child, last)) break;
      tasks[index] = child;
      index = childIndex;
    }
    tasks[index] = last;
    return first;
  }

  clear(): void {
    this.#tasks.length = 0;
  }
}

function comesBefore(left: ScheduledTask, right: ScheduledTask): boolean {
  return left.due < right.due || (left.due === right.due && left.order < right.order);
}
