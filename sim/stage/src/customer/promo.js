// Puts a campaign into the page the way its JavaScript tag does: a place, a queue, and the loader.
'use strict';

window.addEventListener('DOMContentLoaded', () => {
  const { how, domain, guid, id, height } = document.getElementById('campaign').dataset;
  if (how !== 'tag') {
    return;
  }
  const place = document.createElement('div');
  place.id = `qualifio_insert_place_${id}`;
  place.className = 'qualifio_iframe_wrapper';
  document.getElementById('campaign').append(place);
  window._qual_async = window._qual_async || [];
  window._qual_async.push(['createIframe', place.id, domain, '20', guid, '100%', height, '', '', '', '']);
  const loader = document.createElement('script');
  loader.async = true;
  loader.src = `https://${domain}/kit/qualp.2.min.js`;
  document.head.append(loader);
});
