-- Purpose: episodes that begin at another cut than was known: at this one already, or at the next one only.
-- Parameters: cut, cut_after.
update detections d
set opened_cut = case when beside.action = 'open_earlier' then %(cut)s::date else %(cut_after)s::date end
from beside
where beside.detection_id = d.detection_id and beside.action in ('open_earlier', 'open_later');
