import assert from 'node:assert/strict';
import { createProblem, type EdgeColumns } from '../../../shared/planning/create-problem.ts';
import { PlanningError } from '../../../shared/planning/planning-error.ts';

const supply = [100, 0];
const demand = [50, 0, 30];
const edges: EdgeColumns = {
  cell: [1, 0, 0],
  line: [2, 0, 2],
  worth: [3, 1, 2],
  use: [0.5, 1, 2],
  cap: [5, Infinity, 0],
};

describe('a problem', () => {
  it('has its edges by line, and knows where each one went', () => {
    const problem = createProblem({ supply, demand, edges });
    assert.deepEqual([...problem.lineStart], [0, 1, 1, 3]);
    assert.deepEqual([...problem.edgePosition], [1, 0, 2]);
    assert.deepEqual([...problem.edgeCell], [0, 1, 0]);
    assert.deepEqual([...problem.use], [1, 0.5, 2]);
    assert.deepEqual([...problem.worth], [1, 3, 2]);
    assert.deepEqual([...problem.cap], [Infinity, 5, 0]);
    assert.deepEqual([...problem.supply, ...problem.demand], [...supply, ...demand]);
  });

  it('takes a use of 1 and no cap for granted', () => {
    const problem = createProblem({ supply, demand, edges: { cell: [0], line: [0], worth: [1] } });
    assert.deepEqual([...problem.use, ...problem.cap], [1, Infinity]);
  });

  it('may be of nothing, of lines without cells, and of the same edge twice', () => {
    const none = { cell: [], line: [], worth: [] };
    assert.deepEqual([...createProblem({ supply: [], demand: [], edges: none }).lineStart], [0]);
    assert.deepEqual([...createProblem({ supply: [], demand: [1, 2], edges: none }).lineStart], [0, 0, 0]);
    const twice = createProblem({ supply, demand, edges: { cell: [0, 0], line: [1, 1], worth: [1, 2] } });
    assert.deepEqual([...twice.edgePosition], [0, 1]);
  });

  it('copies what it was given', () => {
    const own = new Float64Array([1]);
    const problem = createProblem({ supply: own, demand: own, edges: { cell: [0], line: [0], worth: own } });
    own[0] = 7;
    assert.deepEqual([...problem.supply, ...problem.demand, ...problem.worth], [1, 1, 1]);
  });

  it('counts what is too small to reckon with as nothing', () => {
    const problem = createProblem({
      supply: [5e-324],
      demand: [1e-60],
      edges: { cell: [0], line: [0], worth: [1e-51] },
    });
    assert.deepEqual([...problem.supply, ...problem.demand, ...problem.worth], [0, 0, 0]);
  });

  const cases: {
    name: string;
    change: Partial<{ supply: number[]; demand: number[]; edges: EdgeColumns }>;
    message: RegExp;
  }[] = [
    { name: 'a supply that is no number', change: { supply: [1, NaN] }, message: /^supply of cell 1 .* not NaN$/ },
    { name: 'a negative supply', change: { supply: [-1, 1] }, message: /^supply of cell 0 .* not -1$/ },
    { name: 'a negative demand', change: { demand: [0, 0, -2] }, message: /^demand of line 2 .* not -2$/ },
    { name: 'an endless demand', change: { demand: [0, 0, Infinity] }, message: /^demand of line 2 .* not Infinity$/ },
    {
      name: 'a negative worth',
      change: { edges: { ...edges, worth: [1, -1, 1] } },
      message: /^worth of edge 1 .* not -1$/,
    },
    { name: 'an endless worth', change: { edges: { ...edges, worth: [1, 1, Infinity] } }, message: /^worth of edge 2/ },
    { name: 'a use of nothing', change: { edges: { ...edges, use: [1, 0, 1] } }, message: /^use of edge 1 .* not 0$/ },
    { name: 'an endless use', change: { edges: { ...edges, use: [1, 1, Infinity] } }, message: /^use of edge 2/ },
    {
      name: 'a negative cap',
      change: { edges: { ...edges, cap: [1, 1, -0.5] } },
      message: /^cap of edge 2 .* not -0.5$/,
    },
    { name: 'a cap that is no number', change: { edges: { ...edges, cap: [NaN, 1, 1] } }, message: /^cap of edge 0/ },
    {
      name: 'a cell that is not there',
      change: { edges: { ...edges, cell: [0, 2, 0] } },
      message: /^cell of edge 1 must be one of 2, .* not 2$/,
    },
    {
      name: 'a negative cell',
      change: { edges: { ...edges, cell: [-1, 0, 0] } },
      message: /^cell of edge 0 .* not -1$/,
    },
    {
      name: 'a line that is not there',
      change: { demand: [1] },
      message: /^line of edge 0 must be one of 1, .* not 2$/,
    },
    { name: 'half a line', change: { edges: { ...edges, line: [0, 0.5, 0] } }, message: /^line of edge 1 .* not 0.5$/ },
    {
      name: 'columns of different lengths',
      change: { edges: { ...edges, worth: [1] } },
      message: /^edges have 3 cells and 1 values of worth$/,
    },
  ];
  for (const { name, change, message } of cases) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => createProblem({ supply, demand, edges, ...change }),
        (error) => error instanceof PlanningError && error.code === 'INVALID_PROBLEM' && message.test(error.message),
      );
    });
  }
});
