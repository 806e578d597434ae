//! What there is to watch.

use trakt_api::endpoints::{
    Extended, GetEpisode, GetMovie, GetRecommendedMovies, GetRecommendedShows, GetSeason,
    GetSeasons, GetShow, HideMovie, HideShow, SearchById, SearchByText,
};
use trakt_api::{Class, IdType, Kind, Media};

use super::Viewer;

#[test]
fn things_are_found_by_number_slug_and_title() {
    let viewer = Viewer::new("sean");
    let full = Some(Extended::Full);
    let movie = viewer.send(&GetMovie {
        movie: 1.into(),
        extended: full,
    });
    assert!(movie.overview.is_some() && movie.runtime.is_some());
    let slug = movie.ids.slug.clone().unwrap();
    let by_slug = viewer.send(&GetMovie {
        movie: slug.as_str().into(),
        extended: None,
    });
    assert_eq!((by_slug.ids, by_slug.overview), (movie.ids.clone(), None));
    let show = viewer.send(&GetShow {
        show: 1.into(),
        extended: full,
    });
    assert!(show.aired_episodes.is_some());
    let season = viewer.send(&GetSeason {
        show: 1.into(),
        season: 1,
        extended: full,
    });
    assert_eq!(season.number, 1);
    let seasons = viewer.send(&GetSeasons { show: 1.into() });
    assert!(seasons.whole());
    let first = seasons.seasons.iter().find(|one| one.number == 1).unwrap();
    assert_eq!(
        first.episodes.items.len(),
        season.episode_count.unwrap() as usize
    );
    assert!(first.episodes.items[0].ids.trakt.is_some());
    assert!(first.episodes.items[0].first_aired.is_some());
    let (season, number, extended) = (1, 1, full);
    let episode = viewer.send(&GetEpisode {
        show: 1.into(),
        season,
        number,
        extended,
    });
    assert!(episode.first_aired.is_some());
    let missing = GetMovie {
        movie: "no-such-movie".into(),
        extended: None,
    };
    assert_eq!(viewer.class(&missing), Class::NotFound);

    let title = movie.title.clone().unwrap();
    let (kinds, extended) = (&[Kind::Movie, Kind::Show][..], None);
    let found = viewer.all(&SearchByText {
        kinds,
        query: &title,
        extended,
    });
    let is_it = |media: &Media| media.ids() == Some(&movie.ids);
    assert!(found.iter().any(|one| is_it(&one.media)));
    let (id_type, kinds) = (IdType::Trakt, &[Kind::Movie][..]);
    let found = viewer.all(&SearchById {
        id_type,
        id: "1",
        kinds,
        extended,
    });
    assert!(found.iter().all(|one| is_it(&one.media)));
}

#[test]
fn what_is_hidden_is_recommended_no_more() {
    let viewer = Viewer::new("sean");
    let recommended = || viewer.send(&GetRecommendedMovies::default()).items;
    let best = recommended();
    let first = best[0].ids.in_path().unwrap();
    viewer.send(&HideMovie { movie: first });
    let left = recommended();
    assert!(left.iter().all(|movie| movie.ids != best[0].ids));
    assert!(!left.is_empty());

    let recommended = || viewer.send(&GetRecommendedShows::default()).items;
    let best = recommended();
    let show = best[0].ids.in_path().unwrap();
    viewer.send(&HideShow { show });
    let left = recommended();
    assert!(!left.is_empty());
    assert!(left.iter().all(|show| show.ids != best[0].ids));
}
