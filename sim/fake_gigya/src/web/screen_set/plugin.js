// `accounts.showScreenSet`, `hideScreenSet` and `switchScreen`.

const instances = [];

function forget(instance) {
  const at = instances.indexOf(instance);
  if (at >= 0) instances.splice(at, 1);
}

/** The screen-set that a call means: on mobile devices there may be another one. */
function setIdOf({ screenSet, mobileScreenSet, deviceType = 'auto' }) {
  const mobile = deviceType === 'mobile' || (deviceType === 'auto' && sdk.isMobile());
  return mobile && mobileScreenSet ? mobileScreenSet : screenSet;
}

/** An error of the call itself. Its status is the number, as it is in the SDK. */
function refuse(params, errorCode, errorMessage) {
  const event = { errorCode, errorMessage, errorDetails: '', status: errorCode, statusMessage: errorMessage, response: { info: {} } };
  fireEvent({ params, id: null, templateId: params.screenSet, hosted: {} }, 'onError', event);
}

function showScreenSet(given) {
  const params = sdk.merged(sdk.thisScript.globalConf, given);
  if (!params.screenSet) return refuse(params, 400002, 'Missing_required_parameter (screenSet)');
  const container = params.containerID ? document.getElementById(params.containerID) : null;
  if (params.containerID && !container) return refuse(params, 400006, 'Invalid_parameter_value (containerID)');
  const setId = setIdOf(params);
  for (const other of instances.filter((it) => samePlace(it, params))) other.dispose();
  const instance = new Instance(params, setId);
  instance.requested = setId;
  instances.push(instance);
  instance.start(container).catch((error) => {
    console.error(error);
    instance.unavailable(sdk.refusal(500001, 'General Server Error'));
  });
  return undefined;
}

/** Whether both stand in the same place. All modals share one: the content of a modal has a fixed id. */
function samePlace(instance, { containerID }) {
  return (instance.params.containerID || null) === (containerID || null);
}

function found({ screenSet, containerID }) {
  return instances.filter((it) => [it.requested, it.templateId].includes(screenSet) && (!containerID || it.params.containerID === containerID));
}

function hideScreenSet(params) {
  for (const instance of found(params)) {
    if (instance.isOver) instance.dispose();
    else instance.hide('canceled');
  }
}

function switchScreen(params) {
  for (const instance of found(params)) instance.goTo(params.screen, undefined);
}

