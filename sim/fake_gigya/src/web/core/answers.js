// What a page gets to see of an answer.

/** An answer that the SDK gives by itself. */
function refusal(errorCode, errorMessage, more) {
  return { status: 'FAIL', errorCode, errorMessage, statusMessage: errorMessage, ...more };
}

const UNAUTHORISED = () => refusal(403005, 'Unauthorized user');

function operationOf(method) {
  return method.startsWith('socialize.') ? method.slice('socialize.'.length) : `/${method}`;
}

/** What the caller asked for, as answers repeat it: no password, no functions. */
function requestParamsOf(params) {
  const shown = Object.entries(params).filter(([name, value]) => name !== 'password' && typeof value !== 'function');
  return Object.fromEntries(shown);
}

/** An answer as callbacks get it: the HTTP status is gone, a word for the outcome has come. */
function shaped(method, given, body) {
  const { statusCode, statusReason, login_token: token, expires_in: expires, id, ...rest } = body;
  const out = {
    ...rest,
    status: body.errorCode === 0 ? 'OK' : 'FAIL',
    errorMessage: body.errorMessage ?? '',
    statusMessage: body.statusMessage ?? body.errorMessage ?? '',
    operation: operationOf(method),
    requestParams: requestParamsOf(given),
  };
  if (body.errorCode === 0) out.errorDetails = body.errorDetails ?? '';
  if (given.context !== undefined) out.context = given.context;
  else delete out.context;
  return out;
}

/** What a page hears when a request did not get through. */
function networkFailure(method, failure) {
  const details = failure.timedOut ? 'API request timeout' : `Request for ${method} failed`;
  if (state.flag('string_network_error')) return details;
  return refusal(500026, 'Network error', { errorDetails: details });
}

/** What a page hears instead of an answer. What is neither is a mistake in here, and stays one. */
function withoutAnswer(method, failure) {
  if (failure instanceof NetworkFailure) return networkFailure(method, failure);
  if (failure instanceof UnusableParam) return refusal(400006, 'Invalid parameter value', { errorDetails: failure.message });
  throw failure;
}

function callBack(method, callback, response) {
  if (typeof callback !== 'function') return;
  note(`callback ${method} ${response?.errorCode ?? response}`, response);
  guarded(callback, response);
}

