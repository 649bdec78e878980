import type { Answer, Pipeline } from '../pipeline/types.ts';

/** What an OpenTelemetry set-up gives to see operations: `start` opens a span, `end` closes it. Nothing here depends on it. */
export interface Tracer {
  start(name: string, attributes: Readonly<Record<string, string>>): Span;
}

export interface Span {
  end(outcome: { readonly status: number; readonly hasErrors: boolean }): void;
}

/** The pipeline with a span around every query and mutation. Variables and documents are not handed out. */
export function withTracer(pipeline: Pipeline, tracer: Tracer): Pipeline {
  const open = (operationName: string | null | undefined, requestId: string): Span =>
    tracer.start('graphql.operation', { 'graphql.operation.name': operationName ?? '', 'portico.request_id': requestId });
  const close = (span: Span, answer: Answer): Answer => {
    span.end({ status: answer.status, hasErrors: answer.result.errors !== undefined });
    return answer;
  };
  const closeFailed = (span: Span, error: unknown): never => {
    span.end({ status: 500, hasErrors: true });
    throw error;
  };
  const traced = (span: Span, answer: Answer | Promise<Answer>): Answer | Promise<Answer> => {
    if (!('then' in answer)) return close(span, answer);
    return answer.then(
      (each) => close(span, each),
      (error: unknown) => closeFailed(span, error),
    );
  };
  return {
    ...pipeline,
    run(request, caller) {
      const span = open(request.operationName, caller.requestId);
      return pipeline.run(request, caller).then(
        (answer) => close(span, answer),
        (error: unknown) => closeFailed(span, error),
      );
    },
    runNow: (request, caller) => traced(open(request.operationName, caller.requestId), pipeline.runNow(request, caller)),
    runPrepared: (operation, caller) => traced(open(operation.operationName, caller.requestId), pipeline.runPrepared(operation, caller)),
  };
}
