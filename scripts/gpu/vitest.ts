/**
 * The module that `import { expect, test } from "vitest"` gives the tests of the bundle. It is vitest's own runner,
 * matchers and spies, put together as vitest does, without vite. It lacks what the tests on a device do not use:
 * snapshots, expect.poll, module mocks and fake timers. Using one of those throws.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  addCustomEqualityTesters,
  ChaiStyleAssertions,
  chai,
  customMatchers,
  type ExpectStatic,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  type MatcherState,
  setState,
} from "@vitest/expect";
import { getCurrentTest, type Test } from "@vitest/runner";
import { fn, restoreAllMocks, spyOn } from "@vitest/spy";

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFailed,
  onTestFinished,
  suite,
  test,
} from "@vitest/runner";

for (const plugin of [JestExtend, JestChaiExpect, ChaiStyleAssertions, JestAsymmetricMatchers]) chai.use(plugin);

/** What expect knows of a test that has just begun. */
export const freshState = (currentTestName: string): Partial<MatcherState> => ({
  assertionCalls: 0,
  isExpectingAssertions: false,
  isExpectingAssertionsError: null,
  expectedAssertionsNumber: null,
  expectedAssertionsNumberErrorGen: null,
  currentTestName,
});

/** An `expect` for one test, or the global one, which takes the test that is running. */
export function createExpect(of?: Test): ExpectStatic {
  const expect = ((value: unknown, message?: string) => {
    setState({ assertionCalls: getState(expect).assertionCalls + 1 }, expect);
    const assertion = chai.expect(value, message);
    const current = of ?? getCurrentTest<Test | undefined>();
    return current ? (assertion as unknown as { withTest(test: Test): unknown }).withTest(current) : assertion;
  }) as unknown as ExpectStatic;
  const asymmetric = (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT];
  Object.assign(expect, chai.expect, asymmetric);
  setState(freshState(of?.fullTestName ?? ""), expect);
  expect.getState = () => getState(expect);
  expect.setState = (state) => setState(state, expect);
  const ours = chai.expect as unknown as { extend(expect: ExpectStatic, matchers: object): void };
  const assertions = (count: number): void => {
    const expectedAssertionsNumberErrorGen = (): Error =>
      new Error(`expected number of assertions to be ${count}, but got ${getState(expect).assertionCalls}`);
    setState({ expectedAssertionsNumber: count, expectedAssertionsNumberErrorGen }, expect);
  };
  const hasAssertions = (): void => {
    const isExpectingAssertionsError = new Error("expected any number of assertion, but got none");
    setState({ isExpectingAssertions: true, isExpectingAssertionsError }, expect);
  };
  Object.assign(expect, {
    assert: chai.assert,
    assertions,
    hasAssertions,
    extend: (matchers: object) => ours.extend(expect, matchers),
    addEqualityTesters: addCustomEqualityTesters,
    soft: (value: unknown, message?: string) =>
      (expect(value, message) as unknown as { withContext(context: object): unknown }).withContext({ soft: true }),
    unreachable: (message?: string) => chai.assert.fail(`expected${message ? ` "${message}" ` : " "}not to be reached`),
  });
  expect.extend(customMatchers);
  return expect;
}

export const expect: ExpectStatic = createExpect();
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect, writable: true, configurable: true });

const stubbed = new Map<string, string | undefined>();

function setEnv(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** The part of vitest's `vi` that tests on a device use. */
export const vi = {
  fn,
  spyOn,
  restoreAllMocks,
  stubEnv(name: string, value: string | undefined): void {
    if (!stubbed.has(name)) stubbed.set(name, process.env[name]);
    setEnv(name, value);
  },
  unstubAllEnvs(): void {
    for (const [name, value] of stubbed) setEnv(name, value);
    stubbed.clear();
  },
};
